"""Foundation models, taken apart: from text to a checkpoint, and what to ask of it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fmlab.generation import generate
    from fmlab.zoo import load, local_models

__all__ = ["__version__", "generate", "load", "local_models"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Return `load`, `local_models` or `generate`; torch is imported only when one is asked for."""
    if name == "generate":
        from fmlab import generation

        return generation.generate
    if name in ("load", "local_models"):
        from fmlab import zoo

        return getattr(zoo, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, the lazy ones included."""
    return sorted({*globals(), *__all__})
