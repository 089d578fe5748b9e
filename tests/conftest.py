"""Reference runs for labs and chapters: each is run once in a session, by pytest-notebook."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_notebook import nb_regression
from pytest_notebook.execution import ExecuteResult
from pytest_notebook.nb_regression import NBRegressionFixture, NBRegressionResult
from pytest_notebook.plugin import gather_config_options

from fmlab.book import executions
from fmlab.grading import reference

ReferenceRun = Callable[[Path], NBRegressionResult]
ROOT = Path(__file__).resolve().parents[1]
PLACES = reference.places(ROOT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that look at reference runs share one process, and so the runs."""
    for item in items:
        if "reference_run" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("reference"))


@pytest.fixture(scope="session")
def reference_run(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> ReferenceRun:
    """Run the reference of a lab or chapter again and compare it with what is stored.

    Where the site was built from the same code, that was a run: its outputs are compared.

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
            check.exec_env = reference.ENVIRONMENT
            check.exec_cwd = reference.works_in(path) or str(tmp_path_factory.mktemp("lab"))
            check.post_processors = ("coalesce_streams", "fmlab_settle")
            check.process_resources = {
                "reference": notebook,
                "rules": reference.rules(stored.with_suffix(".yaml"), notebook),
            }
            check.diff_use_color = False
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("OMP_NUM_THREADS", raising=False)  # the sizes are for two cores
                kept = reference.kept_run(notebook, executions(ROOT))
                if kept is not None:
                    found = ExecuteResult(None, kept, dict(check.process_resources))
                    patch.setattr(nb_regression, "execute_notebook", lambda *_, **__: found)
                done[path] = check.check(str(stored), raise_errors=False)
        return done[path]

    return run
