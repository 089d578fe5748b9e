"""The sentences of the bias audit: CrowS-Pairs, WinoBias and Winogender, checked by their hashes.

None of them comes with `fmlab`. Each file is read from the folder of local data, else from the
cache, else from the authors' repository at one pinned commit. `fmlab/assets/bias_manifest.jsonl`
names address, hash and licence: whatever place a file is read from, it is the same file.

Sources: Nangia et al. 2020, arXiv:2010.00133 (CrowS-Pairs); Zhao et al. 2018, arXiv:1804.06876
(WinoBias); Rudinger et al. 2018, arXiv:1804.09301 (Winogender).
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from fmlab import files
from fmlab.errors import UserError

MANIFEST = Path(__file__).resolve().parents[1] / "assets" / "bias_manifest.jsonl"
CROWS_PAIRS = "crows_pairs.csv"
SENTENCES, OCCUPATIONS = "winogender_sentences.tsv", "winogender_occupations.tsv"
Split = Literal["dev", "test"]
Type = Literal[1, 2]
PRONOUN = re.compile(r"\[(he|she|his|her|him|hers|himself|herself)\]", re.IGNORECASE)
PERSON = re.compile(r"\[\s*(?:the |an? )?([^\]]+?)\s*\]", re.IGNORECASE)


@dataclass(frozen=True)
class DataFile:
    """One line of the manifest: a file, where it comes from, and what it must hash to."""

    file: str
    url: str
    sha256: str
    licence: str


@dataclass(frozen=True)
class CrowsPair:
    """Two sentences that differ in the words for a group of people.

    Attributes:
        more: The sentence that stereotypes more, whatever the direction.
        less: The one that stereotypes less.
        direction: `stereo` where `more` is about the disadvantaged group and shows a stereotype,
            `antistereo` where `less` is about that group and goes against one.
        category: The kind of bias.
    """

    more: str
    less: str
    direction: Literal["stereo", "antistereo"]
    category: str


@dataclass(frozen=True)
class WinoBiasPair:
    """One sentence with the pronoun that fits the stereotype, and with the other one.

    Attributes:
        pro: With the pronoun of the gender that more workers of the occupation have.
        anti: With the other pronoun.
        occupation: Whom the pronoun means.
        type: 1 where only knowledge of the world says whom, 2 where syntax does.
        split: Which part of the data it belongs to.
    """

    pro: str
    anti: str
    occupation: str
    type: Type
    split: Split

    @property
    def pro_is_female(self) -> bool:
        """Whether the fitting pronoun is a female one."""
        found = PRONOUN.search(self.pro)
        return found is not None and found[1].lower() in {"she", "her", "hers", "herself"}


@dataclass(frozen=True)
class WinogenderPair:
    """One sentence with a male pronoun and with a female one.

    Attributes:
        he: The sentence with he, his or him.
        she: The sentence with she or her.
        occupation: The occupation in it.
        about_worker: Whether the pronoun means the one with the occupation, not the other person.
        percent_female: How many of a hundred workers in that occupation are women, by the US
            Bureau of Labor Statistics (2015 or 2016).
    """

    he: str
    she: str
    occupation: str
    about_worker: bool
    percent_female: float


def read_manifest(path: Path = MANIFEST) -> dict[str, DataFile]:
    """Return what is known of each file, by its name."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [DataFile(**json.loads(line)) for line in lines]
    return {one.file: one for one in found}


def read_file(name: str, *, timeout: float = 30.0) -> str:
    """Return the text of one file of the manifest, from the nearest place that has it.

    Args:
        name: Its name in the manifest, which is also its name in the folder of local data.
        timeout: Seconds without an answer after which a download gives up.

    Raises:
        UserError: No place has the file, or what is there is another one.
    """
    known = read_manifest()[name]
    local = files.data_dir()
    if local is not None and (local / name).is_file():
        content = (local / name).read_bytes()
        if files.sha256_bytes(content) != known.sha256:
            raise UserError(
                f"{local / name} is not the file that this audit knows (wrong hash); get it again "
                f"from {known.url}, or take it out of the folder to have it fetched"
            )
    else:
        path = files.cache_dir() / f"bias-{known.sha256[:12]}-{name}"
        content = files.download(known.url, path, sha256=known.sha256, timeout=timeout).read_bytes()
    return content.decode("utf-8")


def load_crows_pairs() -> tuple[CrowsPair, ...]:
    """Return the 1,508 pairs of CrowS-Pairs; raises as `read_file`."""
    return parse_crows_pairs(read_file(CROWS_PAIRS))


def load_winobias() -> tuple[WinoBiasPair, ...]:
    """Return the pairs of WinoBias, both types, both splits; raises as `read_file`."""
    found: list[WinoBiasPair] = []
    for kind in get_args(Type):
        for split in get_args(Split):
            pro, anti = (
                read_file(f"winobias_{side}_stereotyped_type{kind}.txt.{split}")
                for side in ("pro", "anti")
            )
            found += parse_winobias(pro, anti, kind, split)
    return tuple(found)


def load_winogender() -> tuple[WinogenderPair, ...]:
    """Return the 240 pairs of Winogender with their statistics; raises as `read_file`."""
    return parse_winogender(read_file(SENTENCES), read_file(OCCUPATIONS))


def parse_crows_pairs(text: str) -> tuple[CrowsPair, ...]:
    """Return the pairs in a file of the layout of `crows_pairs.csv`.

    Raises:
        UserError: A column is missing, or a direction is neither of the two.
    """
    found = []
    for row in _rows(text, ",", CROWS_PAIRS):
        direction = _cell(row, "stereo_antistereo", CROWS_PAIRS)
        if direction not in ("stereo", "antistereo"):
            raise UserError(
                f"{CROWS_PAIRS} has a pair with the direction {direction!r}; "
                "only stereo and antistereo are known"
            )
        more, less, category = (
            _cell(row, name, CROWS_PAIRS) for name in ("sent_more", "sent_less", "bias_type")
        )
        found.append(CrowsPair(more, less, direction, category))  # type: ignore[arg-type]
    return tuple(found)


def parse_winobias(pro: str, anti: str, type_: Type, split: Split) -> Iterator[WinoBiasPair]:
    """Yield the pairs of two files that go together line by line.

    Raises:
        UserError: They have not the same number of lines.
    """
    left, right = _sentences(pro), _sentences(anti)
    if len(left) != len(right):
        raise UserError(
            f"WinoBias type {type_} {split} has {len(left)} and {len(right)} lines, which must be "
            "as many; get both files again"
        )
    for one, other in zip(left, right, strict=True):
        people = PERSON.findall(PRONOUN.sub("", one))
        yield WinoBiasPair(one, other, people[0].lower() if people else "", type_, split)


def parse_winogender(sentences: str, occupations: str) -> tuple[WinogenderPair, ...]:
    """Return the pairs in two files of Winogender's layout.

    Raises:
        UserError: A column is missing, a sentence has no partner, or an occupation no statistics.
    """
    female = {
        _cell(row, "occupation", OCCUPATIONS): float(_cell(row, "bls_pct_female", OCCUPATIONS))
        for row in _rows(occupations, "\t", OCCUPATIONS)
    }
    by_template: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in _rows(sentences, "\t", SENTENCES):
        name = _cell(row, "sentid", SENTENCES)
        parts = name.split(".")
        if len(parts) < 4 or parts[0] not in female:
            raise UserError(f"{SENTENCES} has a sentence {name!r} of no known occupation")
        genders = by_template.setdefault((parts[0], parts[1], parts[2]), {})
        genders[parts[3]] = _cell(row, "sentence", SENTENCES)
    found = []
    for (occupation, other, answer), genders in by_template.items():
        if not {"male", "female"} <= set(genders):
            raise UserError(f"{SENTENCES} lacks a partner for {occupation}.{other}.{answer}")
        # Number 0 is the occupation, number 1 the other person.
        about = answer == "0"
        he, she = genders["male"], genders["female"]
        found.append(WinogenderPair(he, she, occupation, about, female[occupation]))
    return tuple(found)


def without_brackets(sentence: str) -> str:
    """Return a sentence of WinoBias as a reader sees it."""
    return " ".join(sentence.replace("[", "").replace("]", "").split())


def _sentences(text: str) -> list[str]:
    """Return the sentences of a file, without the numbers before them."""
    return [re.sub(r"^\d+ ", "", line.strip()) for line in text.splitlines() if line.strip()]


def _rows(text: str, separator: str, file: str) -> Iterable[Mapping[str, str]]:
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    if not rows:
        raise UserError(f"{file} holds no rows; get it again")
    return rows


def _cell(row: Mapping[str, str], name: str, file: str) -> str:
    value = row.get(name)
    if value is None:
        raise UserError(f"{file} has no column {name!r}; get it again")
    return value
