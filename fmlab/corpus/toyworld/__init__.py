"""A generated language with agreement, people, facts and codes, where the truth is known."""

from fmlab.corpus.document import Corpus, Document, Split
from fmlab.corpus.toyworld.world import AgreementPair, World
from fmlab.errors import UserError
from fmlab.files import sha256_bytes
from fmlab.seeds import numpy_rng

__all__ = ["AgreementPair", "World", "load"]

PAGE = 20
LICENCE = "CC0-1.0 (generated)"


def load(
    *,
    size: int = 20_000,
    skew: float = 0.0,
    repeat: int = 0,
    secret: str | None = None,
    noise: float = 0.0,
    seed: int = 0,
) -> Corpus:
    """Return `size` sentences of `World(seed, skew, noise)` on pages of 20, a sentence a line.

    About 90 % of the pages are train, 5 % valid, 5 % test. Sentences are drawn independently, so
    a short one can occur in several splits.

    Args:
        size: Sentences, the planted ones not counted.
        skew: 0: occupation and pronoun are independent; 1: fully tied.
        repeat: How many times the secret is planted, all in train. The rest of the text stays
            the same, so that runs with and without it can be compared.
        secret: The sentence to plant; by default `World.secret()`. It gets no noise.
        noise: The share of words that are replaced by a random word.
        seed: Chooses the facts and the text.

    Raises:
        UserError: A knob is outside its range.
    """
    for name, value, least in (("size", size, 3), ("repeat", repeat, 0)):
        if not isinstance(value, int) or value < least:
            raise UserError(f"{name} is {value!r}; give a whole number from {least} up")
    if secret is not None and not secret.split():
        raise UserError("the secret is empty; give a sentence, or leave it out for a default")
    world = World(seed=seed, skew=skew, noise=noise)
    sentences = world.write(size, "corpus")
    length = min(PAGE, size // 3)
    pages = [sentences[start : start + length] for start in range(0, size, length)]
    held_out = max(1, round(0.05 * len(pages)))
    train = len(pages) - 2 * held_out
    _plant(pages[:train], " ".join((secret or world.secret()).split()), repeat, seed)
    call = f"fmlab.corpus.load('toyworld', {size=}, {skew=}, {repeat=}, {noise=}, {seed=})"
    documents = []
    for number, page in enumerate(pages):
        split: Split = (
            "train" if number < train else "valid" if number < train + held_out else "test"
        )
        title, text = f"toy world, page {number + 1}", "\n".join(page)
        hashed = sha256_bytes(text.encode())
        documents.append(Document(title, text, LICENCE, call, hashed, split))
    return Corpus("toyworld", tuple(documents))


def _plant(pages: list[list[str]], secret: str, repeat: int, seed: int) -> None:
    """Put the secret between other sentences, anywhere in these pages, `repeat` times."""
    rng = numpy_rng(seed, "toyworld", "plant")
    for _ in range(repeat):
        page = pages[rng.integers(len(pages))]
        page.insert(int(rng.integers(len(page) + 1)), secret)
