"""A small lab in a folder of its own, with the configuration that names the repository."""

import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def labs_dir(tmp_path: Path) -> Path:
    """A folder `labs` with one small lab, beside a `_config.yml`."""
    folder = tmp_path / "labs"
    folder.mkdir()
    shutil.copy(HERE / "small_lab.md", folder / "07_small.md")
    (tmp_path / "_config.yml").write_text("repository:\n  url: https://host.example/a/course\n")
    return folder
