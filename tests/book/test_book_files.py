"""The book's settings lead somewhere, the pins are complete, and no address is written twice."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CODE = {".py", ".js", ".cjs", ".css", ".yml", ".yaml", ".toml", ".cfg", ".json", ".txt", ""}
PIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[\w.]+)")
# Folders that only some machines have. In pieces, so that this file does not find itself.
OF_A_MACHINE = re.compile("|".join(f"/{name}/" for name in ("home", "Users", "root", "work")))


def tracked(root: Path) -> list[Path]:
    """Return the files that git knows of."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    )
    return [root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def text_of(path: Path) -> str:
    """Return a file's text, or nothing where it holds none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def pins(root: Path) -> dict[str, str]:
    """Return the pinned version of every package, by its normal name."""
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = [PIN.fullmatch(line) for line in lines if line and not line.startswith("#")]
    assert None not in found, [line for line in lines if not PIN.fullmatch(line)]
    return {canonicalize_name(match["name"]): match["version"] for match in found if match}


def test_every_page_of_the_contents_has_a_source(root: Path) -> None:
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    pages = [contents["root"]]
    pages += [page["file"] for part in contents["parts"] for page in part["chapters"]]
    sources = [root / f"{page.replace('labs/pages/', 'labs/')}.md" for page in pages]
    assert len(sources) == len(set(sources)) > 3
    assert [source for source in sources if not source.is_file()] == []


def test_every_lab_is_in_the_contents(root: Path) -> None:
    contents = (root / "_toc.yml").read_text(encoding="utf-8")
    labs = [path.stem for path in (root / "labs").glob("[0-9][0-9]_*.md")]
    assert [name for name in labs if f"labs/pages/{name}" not in contents] == []


def test_the_repository_is_named_in_the_settings_alone(root: Path) -> None:
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    owner_and_name = "/".join(config["repository"]["url"].split("/")[-2:])
    generated = root / "fmlab" / "assets"  # written from the settings
    code = [
        path
        for path in tracked(root)
        if path.suffix in CODE and path.name != "_config.yml" and generated not in path.parents
    ]
    assert root / "fmlab" / "book.py" in code
    assert [path for path in code if owner_and_name in text_of(path)] == []


def test_every_requirement_is_one_exact_version(root: Path) -> None:
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    assert len(pins(root)) == len(pinned) > 100


def test_pins_lie_in_the_ranges_of_the_package(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    have = pins(root)
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(have[canonicalize_name(requirement.name)])


def test_what_pages_load_is_one_exact_version_each(root: Path) -> None:
    package = json.loads((root / "package.json").read_text(encoding="utf-8"))
    versions = [*package["dependencies"].values(), *package["devDependencies"].values()]
    assert [version for version in versions if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_the_lock_has_a_hash_and_no_address_for_every_package(root: Path) -> None:
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    packages = [entry for name, entry in lock["packages"].items() if name]
    assert len(packages) > 10
    assert [entry for entry in packages if "resolved" in entry or "integrity" not in entry] == []


@pytest.mark.parametrize("name", ["requirements.txt", "Makefile", ".npmrc"])
def test_no_address_stands_in_what_installs(root: Path, name: str) -> None:
    assert "://" not in (root / name).read_text(encoding="utf-8")


def test_no_file_knows_a_folder_of_one_machine(root: Path) -> None:
    files = [path for path in tracked(root) if path.name != "package-lock.json"]
    assert [path for path in files if OF_A_MACHINE.search(text_of(path))] == []
