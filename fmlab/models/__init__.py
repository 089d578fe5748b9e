"""Models, one file an idea: read `attention`, then `bert`."""
