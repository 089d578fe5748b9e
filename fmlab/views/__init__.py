"""Views: a result goes in, a figure or HTML comes out. Nothing here runs a model."""
