"""Builds small pages with one of the book's extensions, each in a Sphinx that leaves nothing."""

from io import StringIO
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace


def build_pages(
    folder: Path, settings: str, builder: str, pages: dict[str, str]
) -> tuple[Path, str]:
    """Return where the pages are, and what Sphinx warned of.

    Sphinx registers directives and nodes for the whole process; here they are gone afterwards, so
    that the next application in it finds nothing to warn of.

    Args:
        folder: An empty one.
        settings: What `conf.py` holds.
        builder: As Sphinx names it: `html`, `dummy`, ...
        pages: Their MyST by name.
    """
    source, out = folder / "source", folder / builder
    source.mkdir()
    (source / "conf.py").write_text(settings)
    listed = "\n".join(pages)
    (source / "index.md").write_text(f"# Index\n\n```{{toctree}}\n{listed}\n```\n")
    for name, text in pages.items():
        (source / f"{name}.md").write_text(text)
    warnings = StringIO()
    with docutils_namespace():
        app = Sphinx(source, source, out, folder / "trees", builder, status=None, warning=warnings)
        app.build()
    return out, warnings.getvalue()
