"""The README's tree is the tree, and the repository's address is written in one place."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# The address may also stand where a machine reads it, and in what is generated from the config.
MAY_NAME_THE_REPOSITORY = ("_config.yml", "CITATION.cff", "labs/student/", "fmlab/assets/")


def tracked() -> set[str]:
    """Return the paths that git tracks."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(listing.stdout.split("\0")) - {""}


def paths_in_tree(readme: str) -> Iterator[str]:
    """Yield every path of the annotated tree, folders with a slash at the end."""
    tree = re.search(r"## The tree\n.*?```text\n(.*?)```", readme, re.S)
    assert tree, "the README has no tree"
    above: list[str] = []
    for line in tree[1].splitlines():
        indent, names = re.fullmatch(r"( *)(\S.*?)(?: {2,}.*)?", line).groups()  # type: ignore[union-attr]
        above = above[: len(indent) // 2]
        for name in names.split():
            yield "".join(above) + name
        above.append(names)


def test_every_path_in_the_readmes_tree_exists() -> None:
    missing = [path for path in paths_in_tree(README) if not (ROOT / path).exists()]
    assert missing == []


def test_every_module_and_top_file_is_in_the_readmes_tree() -> None:
    shown = set(paths_in_tree(README))
    parts = {match[0] for path in tracked() if (match := re.match(r"(fmlab/)?[^/]+/?", path))}
    unsaid = {part for part in parts if not Path(part).name.startswith((".", "__"))} - shown
    assert unsaid - {"fmlab/", "fmlab/py.typed"} == set()


def test_the_repositorys_address_is_written_in_one_place() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    name = config["repository"]["url"].removeprefix("https://github.com/")
    found = subprocess.run(["git", "grep", "-lF", name], cwd=ROOT, capture_output=True, text=True)
    assert "_config.yml" in found.stdout
    elsewhere = [p for p in found.stdout.split() if not p.startswith(MAY_NAME_THE_REPOSITORY)]
    assert elsewhere == []


def test_a_wrong_tree_would_be_noticed() -> None:
    readme = "## The tree\n\n```text\na.md   text\nb/     folder\n  c.py  code\n    d\ne\n```"
    assert list(paths_in_tree(readme)) == ["a.md", "b/", "b/c.py", "b/c.pyd", "e"]
