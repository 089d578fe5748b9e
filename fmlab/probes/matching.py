"""Whether a model finds the caption of a picture among others, beside chance.

Source: Radford et al. 2021, "Learning Transferable Visual Models From Natural Language
Supervision", arXiv:2103.00020 (a choice among captions, without further training).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from fmlab.errors import UserError
from fmlab.models.clip import Clip
from fmlab.picture_batches import lay_out, tokenized
from fmlab.probes.units import Interval, wilson_interval
from fmlab.seeds import numpy_rng
from fmlab.tokens import Tokenizer
from fmlab.vision.picture import Picture


@dataclass(frozen=True)
class Matching:
    """How often the true caption scored highest.

    Attributes:
        right: How often.
        asked: How many pictures were asked for.
        among: How many captions there were to choose from.
    """

    right: int
    asked: int
    among: int

    @property
    def top1(self) -> float:
        """The share of pictures whose own caption scored highest."""
        return self.right / self.asked

    @property
    def chance(self) -> float:
        """What guessing gives."""
        return 1 / self.among

    @property
    def interval(self) -> Interval:
        """Where the share lies with 95 % confidence, if the pictures are a fair draw."""
        return wilson_interval(self.right, self.asked)


def matching(
    model: Clip, tokenizer: Tokenizer, pictures: Sequence[Picture], among: int = 16, seed: int = 0
) -> Matching:
    """Ask for the caption of each picture among those of others.

    Args:
        model: A CLIP.
        tokenizer: The one it was trained with.
        pictures: Held out, with captions.
        among: How many captions there are to choose from, the true one included.
        seed: Chooses the others: all different, and none of them true of the picture, where the
            truth is known.

    Raises:
        UserError: There are too few captions.

    Does not show: that the model reads. A few words may be enough to choose among captions that
    differ in many: see `exchanged`.
    """
    others = [_others(picture, pictures, among - 1, seed) for picture in pictures]
    return _choose(model, tokenizer, pictures, others)


def exchanged(model: Clip, tokenizer: Tokenizer, pictures: Sequence[Picture]) -> Matching:
    """Ask whether "a red circle left of a blue square" beats its words in another order.

    The other caption exchanges the two things, so that the same words are false. Only scenes with
    two things are asked for. Chance is 1/2.

    Args:
        model: A CLIP.
        tokenizer: The one it was trained with.
        pictures: Generated scenes, held out.

    Raises:
        UserError: No picture shows two things.

    Source: Yuksekgonul et al. 2023, "When and why vision-language models behave like bags-of-words,
    and what to do about it?", arXiv:2210.01936.
    """
    asked, others = [], []
    for picture in pictures:
        scene = picture.truth.get("scene")
        if scene is None or len(scene.captions()) < 2 or not scene.says(picture.caption):
            continue
        first, second = (f"a {name}" for name in dict.fromkeys(t.name for t in scene.things))
        relation = picture.caption.removeprefix(first).removeprefix(second)
        relation = relation.removesuffix(first).removesuffix(second)
        start = second if picture.caption.startswith(first) else first
        asked.append(picture)
        others.append([f"{start}{relation}{first if start == second else second}"])
    if not asked:
        raise UserError("no picture shows two things whose places are known; use scenes")
    return _choose(model, tokenizer, asked, others)


@torch.no_grad()
def _choose(
    model: Clip, tokenizer: Tokenizer, pictures: Sequence[Picture], others: Sequence[list[str]]
) -> Matching:
    model.eval()
    longest = model.config.text.max_position_embeddings
    shown = model.image_embeds(lay_out(pictures).pixels)  # (N, E)
    captions = sorted({c for some in others for c in some} | {p.caption for p in pictures})
    number = {caption: place for place, caption in enumerate(captions)}
    said = model.text_embeds(*tokenized(captions, tokenizer, longest))
    scores = shown @ said.T  # (N, captions)
    right = 0
    for row, (picture, wrong) in enumerate(zip(pictures, others, strict=True)):
        best = max(float(scores[row, number[caption]]) for caption in wrong)
        right += float(scores[row, number[picture.caption]]) > best
    return Matching(right, len(pictures), len(others[0]) + 1)


def _others(picture: Picture, pictures: Sequence[Picture], count: int, seed: int) -> list[str]:
    """Return captions of other pictures, all different, that are not true of this one."""
    scene = picture.truth.get("scene")
    captions = dict.fromkeys(other.caption for other in pictures)
    false = [c for c in captions if c != picture.caption and not (scene and scene.says(c))]
    if len(false) < count:
        raise UserError(
            f"only {len(false)} captions are false of {picture.title!r}, but {count} are asked "
            "for; give more pictures, or choose among fewer"
        )
    rng = numpy_rng(seed, "matching", picture.title)
    return [false[place] for place in rng.permutation(len(false))[:count]]
