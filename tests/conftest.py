"""Reference runs for labs and chapters: each is run once in a session, by pytest-notebook."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_notebook.nb_regression import NBRegressionFixture, NBRegressionResult
from pytest_notebook.plugin import gather_config_options

from fmlab.grading import reference

ReferenceRun = Callable[[Path], NBRegressionResult]
PLACES = reference.places(Path(__file__).resolve().parents[1])


@pytest.fixture(scope="session")
def reference_run(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> ReferenceRun:
    """Run the reference of a lab or chapter again and compare it with what is stored.

    With `--nb-force-regen`, what differs is written over the stored text.
    """
    done: dict[Path, NBRegressionResult] = {}

    def run(path: Path) -> NBRegressionResult:
        if path not in done:
            stored = PLACES[path]
            notebook = reference.load(stored)
            options: dict[str, Any] = gather_config_options(pytestconfig)[0]
            check = NBRegressionFixture(**options)
            check.exec_timeout = 900
            check.exec_env = {"FMLAB_TIER": "cpu"}
            check.exec_cwd = reference.works_in(path) or str(tmp_path_factory.mktemp("lab"))
            check.post_processors = ("coalesce_streams", "fmlab_settle")
            check.process_resources = {
                "reference": notebook,
                "rules": reference.rules(stored.with_suffix(".yaml"), notebook),
            }
            check.diff_use_color = False
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("OMP_NUM_THREADS", raising=False)  # the sizes are for two cores
                done[path] = check.check(str(stored), raise_errors=False)
        return done[path]

    return run
