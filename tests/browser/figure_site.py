"""Pages with figures that need no model, and the files that the build serves for them."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from live_site import SHELL, STATIC, THEMES
from site_files import REPOSITORY

from fmlab.views.figures import figure_html

sys.path.insert(0, str(REPOSITORY / "book" / "_ext"))
import figure_live
import live

FIGURE = re.compile(r"(?ms)^:::\{figure_live\} (\w+)\n((?::[^\n]*\n)+)")


def of_chapter() -> dict[str, dict[str, str]]:
    """Return the chapter's figures: the options of each, by its name."""
    text = (REPOSITORY / "book" / "04_mathematics.md").read_text(encoding="utf-8")
    return {
        name: dict(re.findall(r"(?m)^:(\w+): (.*)$", options))
        for name, options in FIGURE.findall(text)
    }


@dataclass(frozen=True)
class FigureSite:
    """A folder with all that such figures load.

    Attributes:
        folder: Serve this one, or open a page in it from its file.
    """

    folder: Path

    def fill(self) -> "FigureSite":
        """Write the scripts and style sheets, as the build does."""
        figure_live.write_files(REPOSITORY, self.folder / STATIC)
        for package, path, name in THEMES:
            assert package.__file__ is not None
            source = Path(package.__file__).parent / path / name
            live._copy(source, self.folder / STATIC / "styles" / name)
        (self.folder / STATIC / "basic.css").touch()  # what Sphinx would write of its own
        live._copy(REPOSITORY / "book" / "_static" / "site.css", self.folder / STATIC / "site.css")
        return self

    def page(self, *names: str, name: str = "page", theme: str = "light") -> Path:
        """Write a page with figures of the chapter; return its file."""
        options = of_chapter()
        inside = "".join(
            f'<figure class="fmlab-live"><figcaption><p>What now?</p></figcaption>'
            f"{figure_html(one, options[one])}</figure>\n"
            for one in names
        )
        sheets = [*(f"styles/{sheet}" for _, _, sheet in THEMES), "live/live.css"]
        sheets += ["figures/figures.css", "site.css"]
        styles = "".join(f'<link rel="stylesheet" href="{STATIC}/{sheet}">\n' for sheet in sheets)
        text = SHELL.format(theme=theme, styles=styles, figures=inside)
        file = self.folder / f"{name}.html"
        file.write_text(text.replace("live/page.js", "figures/page.js"), encoding="utf-8")
        return file
