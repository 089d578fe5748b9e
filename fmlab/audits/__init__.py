"""Audits: a file an ethical question. Each returns a frozen dataclass and never draws."""
