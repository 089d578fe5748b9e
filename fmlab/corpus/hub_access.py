"""How a data set of the Hugging Face Hub is reached, of text or of pictures, and its licence."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import DatasetCard, constants
from huggingface_hub.errors import OfflineModeIsEnabled

from fmlab.corpus.document import Split
from fmlab.errors import UserError

UNKNOWN_LICENCE = "unknown - check the data set's page"


@dataclass(frozen=True)
class Kind:
    """What is said of one kind of data set where it cannot be had.

    Attributes:
        prefix: How it is named, as in `PREFIX:NAME`.
        local: What needs no network.
    """

    prefix: str
    local: str


@contextmanager
def reaching(kind: Kind, name: str, timeout: float) -> Iterator[None]:
    """Look whether the hub answers; what goes wrong in the block is told in one line.

    Raises:
        UserError: The data set cannot be had.
    """
    with _offline_if_no_answer(Path(name).is_dir(), timeout), _one_line_errors(kind, name):
        yield


def open_set(kind: Kind, name: str, config: str | None, streaming: bool) -> Any:
    """Return the splits of a data set by name, as `datasets` gives them.

    Raises:
        UserError: `datasets` is missing, or there is no such set.
    """
    try:
        import datasets
    except ImportError as error:
        raise UserError(
            f"{kind.prefix}:{name} needs the package datasets: pip install 'fmlab[hub]'; "
            f"{kind.local}"
        ) from error
    try:
        return datasets.load_dataset(name, config, streaming=streaming)
    except datasets.exceptions.DatasetNotFoundError as error:
        raise UserError(
            f"the hub has no open data set {name!r}; check its name (OWNER/NAME), or log in with "
            "`hf auth login` if it is a gated one"
        ) from error


def split_name(own: str) -> Split:
    """Ours for the data set's: `validation`, `dev_clean`, `test`; whatever else is train."""
    if own.startswith(("valid", "dev")):
        return "valid"
    return "test" if own.startswith("test") else "train"


def licence_of(name: str) -> str:
    """Return the licence that a data set's card names, or that it names none."""
    readme = Path(name) / "README.md"
    try:
        card = DatasetCard.load(readme if readme.is_file() else name, ignore_metadata_errors=True)
        found = card.data.license
    except Exception:  # a card is a courtesy: whatever is wrong with it, the data are still there
        found = None
    return ", ".join(found) if isinstance(found, list) else found or UNKNOWN_LICENCE


@contextmanager
def _one_line_errors(kind: Kind, name: str) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except (ConnectionError, TimeoutError, OfflineModeIsEnabled) as error:
        raise UserError(f"cannot reach the hub for {name!r}; {kind.local}") from error
    except Exception as error:  # a data set can fail in as many ways as there are data sets
        what = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"cannot load {name!r}: {what}; name it as {kind.prefix}:NAME or "
            f"{kind.prefix}:NAME,CONFIG"
        ) from error


@contextmanager
def _offline_if_no_answer(local: bool, timeout: float) -> Iterator[None]:
    """Look whether the hub answers; if not, switch its clients to offline mode for this load.

    They would retry for half a minute and print each try. What is in their cache still loads.
    """
    try:
        import datasets
    except ImportError:  # open_set says so
        yield
        return
    if local or datasets.config.HF_HUB_OFFLINE or _answers(constants.ENDPOINT, timeout):
        yield
        return
    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


def _answers(url: str, timeout: float) -> bool:
    try:
        request = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(request, timeout=timeout):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
