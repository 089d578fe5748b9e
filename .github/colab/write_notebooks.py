"""Write each lab twice for a run in Colab's image: as learners get it, and with its solutions.

Needs jupytext, nbformat and PyYAML, and not torch: it runs outside the image.
"""

import copy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from fmlab.grading.lab_cells import new_cell  # noqa: E402
from fmlab.grading.source import lab_files, notebook_json, read  # noqa: E402
from fmlab.grading.student import (  # noqa: E402
    repository_address,
    setup_cell,
    student_notebook,
)

ALL_PASSED = "assert all(lab.passed(name) for name in lab.points), 'a reference solution failed'"


def main(out: Path) -> None:
    """Write `student/NAME.ipynb` and `reference/NAME.ipynb` for every lab into `out`."""
    address = repository_address(ROOT / "labs")
    for path in lab_files(ROOT / "labs"):
        lab = read(path)
        reference = copy.deepcopy(lab.notebook)
        reference.cells.insert(0, setup_cell(address))
        reference.cells.append(new_cell("code", ALL_PASSED))
        versions = {"student": student_notebook(lab, address), "reference": reference}
        for kind, notebook in versions.items():
            (out / kind).mkdir(parents=True, exist_ok=True)
            (out / kind / f"{lab.name}.ipynb").write_text(notebook_json(notebook), "utf-8")
            print(f"wrote {kind}/{lab.name}.ipynb")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
