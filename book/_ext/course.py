"""What makes these pages a course: numbers, and a lab's buttons.

A chapter's number is that of its file, so it stays when chapters before it are still missing.
The repository's address is read from `_config.yml`, and nothing here repeats it.
"""

import html
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.locale import get_translation
from sphinx.util import logging
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles

_ = get_translation("fmlab")
logger = logging.getLogger(__name__)

LAB_PAGE = re.compile(r"labs/pages/(?P<name>\d\d_\w+)")
NUMBERED = re.compile(r".*/(?P<number>\d\d)_\w+")


# -- addresses --------------------------------------------------------------------------------


def colab_address(repository: str, branch: str, path: str) -> str:
    """Return where Colab opens a notebook of the repository."""
    inside = urlsplit(repository).path.strip("/")
    return f"https://colab.research.google.com/github/{inside}/blob/{branch}/{path}"


def _repository(config: Config) -> tuple[str, str]:
    options = config.html_theme_options
    return str(options["repository_url"]).rstrip("/"), str(options["repository_branch"])


# -- numbers ----------------------------------------------------------------------------------


def _renumber(env: BuildEnvironment, docname: str, number: int) -> None:
    """Put `number` in the first place of every section number of a page."""
    numbers = env.toc_secnumbers[docname]
    for anchor, old in numbers.items():
        numbers[anchor] = (number, *old[1:])
    for node in (env.titles[docname], *env.tocs[docname].findall(nodes.reference)):
        if node.get("secnumber"):
            node["secnumber"] = [number, *node["secnumber"][1:]]


def assign_section_numbers(collector: TocTreeCollector, env: BuildEnvironment) -> list[str]:
    """Number the pages as Sphinx does, then by their files; return those that changed."""
    before = env.toc_secnumbers
    TocTreeCollector.assign_section_numbers(collector, env)
    for docname in env.toc_secnumbers:
        if match := NUMBERED.fullmatch(docname):
            _renumber(env, docname, int(match["number"]))
    now = env.toc_secnumbers
    return [docname for docname in now if now[docname] != before.get(docname)]


# -- a lab's buttons --------------------------------------------------------------------------


def lab_buttons(colab: str, notebook: str) -> str:
    """Return the row under a lab's title: open it in Colab, or download it."""
    return (
        '<p class="lab-buttons">'
        f'<a class="lab-button" href="{html.escape(colab)}">{_("Open in Colab")}</a>'
        f'<a class="lab-button" href="{html.escape(notebook)}" download>'
        f"{_('Download the notebook')}</a></p>"
    )


def _add_buttons(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    if match := LAB_PAGE.fullmatch(pagename):
        path = f"labs/student/{match['name']}.ipynb"
        colab = colab_address(*_repository(app.config), path)
        row = lab_buttons(colab, context["pathto"](path, True))
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{row}", 1)


def _copy_notebooks(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    for docname in sorted(app.env.found_docs):
        if match := LAB_PAGE.fullmatch(docname):
            path = f"labs/student/{match['name']}.ipynb"
            source, target = Path(app.srcdir) / path, Path(app.outdir) / path
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
            else:
                logger.warning("%s is missing: the lab's buttons lead to it", path)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    # The collector is connected already, so it is changed in place. Its own numbering, by styles,
    # counts the parts of the table of contents.
    setattr(TocTreeCollectorWithStyles, "assign_section_numbers", assign_section_numbers)  # noqa: B010
    app.connect("html-page-context", _add_buttons)
    app.connect("build-finished", _copy_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
