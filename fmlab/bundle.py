"""One script out of the live figures' modules: for a page, and for a notebook.

`python -m fmlab.bundle` writes the notebook's anew. It is kept in the package, because a notebook
has no esbuild; a test says when it is stale.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fmlab.book import fetch_assets, find_root, node_tools
from fmlab.errors import UserError
from fmlab.files import write_whole

STATIC = Path(__file__).parent / "views" / "static"
NOTEBOOK = STATIC / "live_notebook.js"


def bundle(root: Path, target: Path, entry: str, form: str, files: Mapping[str, Any]) -> None:
    """Write one script that holds a module of `views/static/live` and all that it imports.

    Args:
        root: The repository's folder, with `node_modules`.
        target: Where to.
        entry: The module, as seen from that folder.
        form: `iife` for a page, also one that is opened from the disk; `esm` for a notebook.
        files: A mark and a size in bytes for each large script that it may load.

    Raises:
        UserError: A module does not parse, or imports what is not there.
    """
    with write_whole(target) as temporary:
        done = subprocess.run(
            [
                *node_tools()[0],
                str(root / "node_modules" / "esbuild" / "bin" / "esbuild"),
                str(STATIC / "live" / entry),
                "--bundle",
                "--minify",
                f"--format={form}",
                f"--define:FILES={json.dumps(files)}",
                "--target=es2022",
                "--charset=utf8",
                "--log-level=warning",
                f"--outfile={temporary}",
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0 or done.stderr.strip():
            raise UserError(f"the live figures' scripts do not bundle: {done.stderr.strip()}")


def notebook_script(root: Path, target: Path = NOTEBOOK) -> Path:
    """Write the script of live figures in notebooks; return its path."""
    bundle(root, target, "notebook.js", "esm", {})
    return target


def main() -> int:
    """Write the notebook's script; return the exit status."""
    try:
        root = find_root()
        fetch_assets(root)
        print(f"{notebook_script(root)} is written")
    except UserError as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
