"""A small lab in a folder of its own; tests of the sandbox are skipped where there is none."""

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


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs bubblewrap where it is not installed."""
    if item.get_closest_marker("sandbox") and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not on this machine")
