"""Recipes of pretraining side by side: one budget, one switch at a time, several seeds."""
