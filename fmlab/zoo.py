"""Models by name: those that come with `fmlab`, those of the Hugging Face hub, and any folder.

From the hub come a configuration, weights as safetensors, and a tokenizer, all of one commit;
they stay in the hub's own cache, which `transformers` shares, and load from there with no network.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fmlab import checkpoint
from fmlab.checkpoint import CONFIG, RUN, WEIGHTS, Checkpoint, read_json
from fmlab.errors import UserError
from fmlab.files import sha256_file
from fmlab.models.hf import FAMILIES

PINNED = {
    "bert-base-uncased": "86b5e0934494bd15c9632b12f734a8a67f723594",
    "bert-base-cased": "cd5ef92a9fb2f889e972770a36d4ed042daf221e",
    "bert-large-uncased": "6da4b6a26a1877e173fca3225479512db81a5e5b",
    "roberta-base": "e2da8e2f811d1448a5b465c236feacd80ffbac7b",
    "albert-base-v2": "8e2f239c5f8a2c0f253781ca60135db913e5c80c",
    "gpt2": "607a30d783dfa663caf39e06633721c8d4cfcd7e",
}
"""The commit that a well-known name stands for, where no revision is asked for."""

OWNERS = ("google-bert", "FacebookAI", "albert", "openai-community")
"""To whom the hub gave these names, which had no owner at first."""

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.txt")
LENT = (CONFIG, WEIGHTS, RUN, "text.json", *TOKENIZER)

HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
COMMIT, SHA256 = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}")


def load(
    name_or_path: str | Path,
    *,
    revision: str | None = None,
    cache: Path | str | None = None,
    timeout: float = 10.0,
) -> Checkpoint:
    """Return a model with its tokenizer, whatever it is called by.

    A folder comes first, then the models that come with `fmlab`, then the hub. A model of the hub
    says in `run["source"]` which commit it is.

    Args:
        name_or_path: A checkpoint's folder, one of `local_models()`, or a name of the hub, such as
            `bert-base-uncased`, `roberta-base`, `albert-base-v2`, `gpt2` or `OWNER/NAME`.
        revision: A branch, tag or commit of the hub; else the commit in `PINNED`, or `main`.
        cache: Where files of the hub are kept; else where the hub's own client keeps them
            (`HF_HUB_CACHE`).
        timeout: Seconds without an answer after which only the cache is tried.

    Raises:
        UserError: There is no such folder or model, the hub cannot be reached, the model is of no
            family that is here or has no safetensors, or a file is damaged.
    """
    name, folder = str(name_or_path), Path(name_or_path).expanduser()
    here = folder.is_dir() or name in local_models()
    if here and revision is not None:
        raise UserError(f"{name} is a folder and has no revisions; leave revision out")
    if folder.is_dir():
        return checkpoint.load(folder)
    if here:
        return checkpoint.load(checkpoint.shipped(name))
    if isinstance(name_or_path, Path) or not HUB_NAME.fullmatch(name):
        raise UserError(f"no folder {name}; name a checkpoint's folder, or {_without_network()}")
    return _Repository(name, revision, cache, timeout).load()


def local_models() -> list[str]:
    """Return the names of the models that come with `fmlab`: they need no network."""
    assets = checkpoint.shipped().parent
    return sorted(path.parent.name for path in assets.glob(f"*/{WEIGHTS}"))


@contextmanager
def lent(name_or_path: str | Path) -> Iterator[Path]:
    """Give a folder with a model's files, to which more may be written.

    A folder is given as it is. For a name it is a copy that lasts as long as the block, so that
    neither the package nor the hub's cache is written to.

    Raises:
        UserError: As in `load`.
    """
    folder = Path(name_or_path).expanduser()
    if folder.is_dir():
        yield folder
        return
    found = load(name_or_path)
    with TemporaryDirectory(prefix="fmlab-") as above:
        copy = Path(above) / str(name_or_path).replace("/", "--")
        copy.mkdir()
        for file in LENT:
            if (found.path / file).is_file():
                shutil.copyfile(found.path / file, copy / file)
        yield copy


class _Repository:
    """A model of the hub at one revision."""

    def __init__(
        self, name: str, revision: str | None, cache: Path | str | None, timeout: float
    ) -> None:
        self.name, self.cache, self.timeout = name, cache, timeout
        owner, _, short = name.rpartition("/")
        pinned = PINNED.get(short) if owner in ("", *OWNERS) else None
        self.wanted = revision or pinned or "main"
        self.at = self.wanted
        self.no_answer: Exception | None = None

    def load(self) -> Checkpoint:
        """Fetch what is not in the cache, and read it."""
        config = self._file(CONFIG)
        if config is None:
            raise UserError(
                f"{self.name} has no {CONFIG} on the hub, so it is no model of transformers; "
                f"choose another, or {_without_network()}"
            )
        # Of a branch that moves meanwhile, the other files must still come from the same commit.
        self.at = config.parent.name
        family = read_json(config).get("model_type", "bert")
        if family not in FAMILIES:
            raise UserError(
                f"{self.name} is a {family} model, which has parts that ours have not; what loads "
                f"here is any {', '.join(FAMILIES)} of the hub, such as {', '.join(PINNED)}, or "
                f"{_without_network()}"
            )
        weights = self._file(WEIGHTS)
        if weights is None:
            raise UserError(self._no_weights())
        whole, settings, words = TOKENIZER
        tokenizer = self._file(whole)
        self._file(settings)
        if tokenizer is None and self._file(words) is None:
            raise UserError(f"{self.name} has no tokenizer on the hub; choose another model")
        source = {"repository": self.name, "revision": self.wanted, "commit": self.at}
        return replace(self._read(config.parent, weights), run={"source": source})

    def _read(self, folder: Path, weights: Path) -> Checkpoint:
        """Read the snapshot; if the weights arrived damaged, forget them."""
        try:
            return checkpoint.load(folder)
        except UserError as error:
            stored = weights.resolve()
            # The cache names a large file by its hash.
            if not SHA256.fullmatch(stored.name) or sha256_file(stored) == stored.name:
                raise
            stored.unlink()
            weights.unlink(missing_ok=True)
            raise UserError(
                f"{WEIGHTS} of {self.name} arrived damaged and was removed from the cache; "
                "load it again"
            ) from error

    def _file(self, file: str) -> Path | None:
        """Return where a file lies in the cache, fetched if need be; None if there is none."""
        import huggingface_hub as hub
        from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

        at: Any = {"revision": self.at, "cache_dir": self.cache}
        if COMMIT.fullmatch(self.at):  # files of a commit never change
            found = hub.try_to_load_from_cache(self.name, file, **at)
            if found is not None:  # a path, or the cache's word that the hub has no such file
                return Path(found) if isinstance(found, str) else None
        try:
            self._ask(file)
            offline = self.no_answer is not None
            return Path(hub.hf_hub_download(self.name, file, local_files_only=offline, **at))
        except LocalEntryNotFoundError as error:
            raise UserError(self._unreachable(self.no_answer or error)) from error
        except EntryNotFoundError:
            return None
        except Exception as error:  # its client can fail in as many ways as a network can
            raise UserError(self._refusal(error)) from error

    def _ask(self, file: str) -> None:
        """Look once whether the hub answers; `hf_hub_download` itself would try for minutes."""
        import huggingface_hub as hub
        from huggingface_hub import errors

        if self.no_answer is not None:
            return
        url = hub.hf_hub_url(self.name, file, revision=self.at)
        try:
            hub.get_hf_file_metadata(url, timeout=self.timeout)
        except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
            raise
        except errors.EntryNotFoundError:
            pass  # said again, and noted in the cache, by the download
        except Exception as error:
            self.no_answer = error

    def _refusal(self, error: Exception) -> str:
        from huggingface_hub import errors

        name = self.name
        if isinstance(error, errors.GatedRepoError):
            return (
                f"{name} is gated: ask for access on its page of the hub, then log in with "
                f"`hf auth login`, or choose {_without_network()}"
            )
        if isinstance(error, errors.RepositoryNotFoundError):
            return (
                f"the hub has no open model {name!r}, and there is no folder of this name; check "
                f"the name (OWNER/NAME), log in with `hf auth login` if it is a private one, or "
                f"choose {_without_network()}"
            )
        if isinstance(error, errors.RevisionNotFoundError):
            return f"{name} has no revision {self.at!r}; name a branch, tag or commit that it has"
        if isinstance(error, OSError) and error.strerror:
            return (
                f"cannot keep {name} in the cache ({error.strerror}); free some space, or name "
                "another folder in HF_HUB_CACHE"
            )
        return (
            f"cannot fetch {name!r} from the hub: {_words(error)}; try again, or choose "
            f"{_without_network()}"
        )

    def _unreachable(self, error: Exception) -> str:
        from huggingface_hub import constants

        if constants.HF_HUB_OFFLINE:
            return (
                f"{self.name!r} is not whole in the cache, and HF_HUB_OFFLINE forbids to fetch it; "
                f"load it once with a network, or choose {_without_network()}"
            )
        return (
            f"cannot reach the hub at {constants.ENDPOINT} for {self.name!r} ({_words(error)}), "
            "and it is not whole in the cache; check the network, or choose "
            f"{_without_network()}"
        )

    def _no_weights(self) -> str:
        """Say what the repository holds in the place of one file of safetensors."""
        from huggingface_hub import HfApi

        try:
            about = HfApi().model_info(self.name, revision=self.at, timeout=self.timeout)
            files = sorted(file.rfilename for file in about.siblings or [])
        except Exception:  # the line is then less exact, but still true
            files = []
        pickles = [file for file in files if file.endswith((".bin", ".pt", ".pth", ".ckpt"))]
        if f"{WEIGHTS}.index.json" in files:
            return f"{self.name} has its weights in several files; choose a smaller model"
        if pickles:
            return (
                f"{self.name} has no {WEIGHTS}, only {pickles[0]}: a pickle, which may run code "
                "when it is opened; choose another model, or a revision that has safetensors"
            )
        return f"{self.name} has no {WEIGHTS}; choose another model, or another revision"


def _words(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _without_network() -> str:
    return f"one that needs no network: {', '.join(local_models())}"
