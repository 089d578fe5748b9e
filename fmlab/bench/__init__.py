"""Benches: how fast the pretraining engine is, held against others in one run on one machine."""
