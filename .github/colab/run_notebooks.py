"""Run the labs' notebooks in Colab's image, and see that they changed nothing of Colab's own.

Reference notebooks must run to the end. Untouched student notebooks may stop only where an answer
is still to be written. Uses what the image has: nbformat and nbclient.
"""

import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HOSTS_OWN = ("torch", "numpy", "transformers")
# Colab's kernel has this module loaded from the start; a plain kernel is told to load it.
AS_IN_COLAB = "import google.colab"
SECONDS_A_CELL = 900
PLAIN_KERNEL = [
    "--IPKernelApp.kernel_class=ipykernel.ipkernel.IPythonKernel",
    "--InteractiveShellApp.extensions=[]",
]


def versions() -> dict[str, str]:
    """Return the installed versions of what belongs to Colab, as a new process sees them."""
    names = ", ".join(f"version({name!r})" for name in HOSTS_OWN)
    code = f"from importlib.metadata import version; print({names})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return dict(zip(HOSTS_OWN, told.stdout.split(), strict=True))


def errors(path: Path, allowed: tuple[str, ...]) -> Iterator[str]:
    """Run a notebook from top to bottom and yield its errors, but for the `allowed` ones."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(AS_IN_COLAB))
    NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        allow_errors=True,
        kernel_name="python3",
        extra_arguments=PLAIN_KERNEL,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error" and output.ename not in allowed:
                yield f"{path.name}: {output.ename}: {output.evalue}\n{cell.source}"


def main(labs: Path) -> int:
    """Run every notebook under `labs`; print what went wrong; return the exit status."""
    before = versions()
    print("Colab has", before)
    if importlib.util.find_spec("fmlab"):
        print("fmlab is here already, so the first cell would install nothing")
        return 1
    faults = []
    for kind, allowed in (("reference", ()), ("student", ("NotImplementedError",))):
        found = sorted((labs / kind).glob("*.ipynb"))
        if not found:
            faults.append(f"{kind}/ holds no notebook")
        for path in found:
            begun = time.monotonic()
            faults += [f"{kind}/{error}" for error in errors(path, allowed)]
            print(f"ran {kind}/{path.name} in {time.monotonic() - begun:.0f} s")
    if (after := versions()) != before:
        faults.append(f"the first cell changed Colab's own packages: {before} became {after}")
    print("\n".join(faults) or "all labs ran, and Colab's own packages are as they were")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
