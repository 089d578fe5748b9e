"""Foundation models, taken apart: from text to a checkpoint, and what to ask of it."""

__version__ = "0.1.0"
