"""A picture as a text: its shades of grey are words, and any model of text can learn it.

A row is `[CLS]`, a word for each pixel from the top left on, the caption, and `[SEP]`. What was
learned is then asked as of a text: hide pixels, and the model says what was there; hide the
caption, and it says what it sees; hide all, and it draws (`fmlab.generate_images`).
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fmlab.batch import NOT_ASKED
from fmlab.batches import MaskedBatches, Packed
from fmlab.errors import UserError
from fmlab.seeds import torch_generator
from fmlab.tokens import Tokenizer
from fmlab.vision.picture import Picture, Pixels, stack
from fmlab.vision.transforms import from_levels, to_levels

LEVELS = 17  # as many as scikit-learn's digits have
FIRST = "grey0"
CAPTION_READ = 0.5  # the share of rows whose caption is never hidden


def tokenizer_for(pictures: Sequence[Picture], levels: int = LEVELS) -> Tokenizer:
    """Return a tokenizer whose words are the shades of grey and the words of the captions.

    Args:
        pictures: Whose captions to read.
        levels: How many shades there are.
    """
    said = sorted({word for picture in pictures for word in picture.caption.lower().split()})
    return Tokenizer.of_words([f"grey{level}" for level in range(levels)] + said)


def levels_of(tokenizer: Tokenizer) -> int:
    """Return how many shades of grey a tokenizer has.

    Raises:
        UserError: It has none: it is one of text alone.
    """
    words = tokenizer.fast.get_vocab()
    levels = next(n for n in range(len(words) + 1) if f"grey{n}" not in words)
    if not levels:
        raise UserError("this model knows no shades of grey; train one on grey pictures")
    return levels


def pack_pictures(pictures: Sequence[Picture], tokenizer: Tokenizer, longest: int) -> Packed:
    """Return a row a picture, padded to the longest.

    Args:
        pictures: Grey, of one size; not clips.
        tokenizer: Of `tokenizer_for`.
        longest: The most tokens of a row.

    Raises:
        UserError: They are coloured or clips, or too large for a row.
    """
    shape = pictures[0].pixels.shape
    if len(shape) != 3 or shape[-1] != 1:
        raise UserError(
            f"pictures of {shape} are not grey pictures; only those can be read as words (for "
            "your own: grey=True)"
        )
    shades = to_levels(stack(pictures), levels_of(tokenizer)).reshape(len(pictures), -1)
    captions = tokenizer.encode_batch([picture.caption for picture in pictures])
    width = 2 + shades.shape[1] + max(map(len, captions))
    if width > longest:
        raise UserError(
            f"a picture of {shape[0]} x {shape[1]} and its caption are {width} tokens, but seq_len "
            f"is {longest}; raise seq_len, or take smaller pictures"
        )
    input_ids = np.full((len(pictures), width), tokenizer.pad_id, dtype=np.int32)
    for row, (own, caption) in enumerate(zip(shades, captions, strict=True)):
        ids = [tokenizer.cls_id, *(own + tokenizer.id(FIRST)), *caption, tokenizer.sep_id]
        input_ids[row, : len(ids)] = ids
    places = np.broadcast_to(np.arange(width, dtype=np.int16), input_ids.shape)
    real = (input_ids != tokenizer.pad_id).astype(np.uint8)
    return Packed(input_ids, real, places.copy(), len(pictures))


def pixels_of(input_ids: Tensor, tokenizer: Tokenizer, height: int, width: int) -> Pixels:
    """Return the pictures that rows of tokens stand for, `(B, height, width, 1)`.

    Args:
        input_ids: As in `pack_pictures`, `(B, T)`.
        tokenizer: The one that the rows were made with.
        height: In pixels.
        width: In pixels.
    """
    levels = levels_of(tokenizer)
    shades = input_ids[:, 1 : 1 + height * width].numpy() - tokenizer.id(FIRST)
    assert ((shades >= 0) & (shades < levels)).all(), "a pixel is no shade of grey"
    return from_levels(shades.reshape(-1, height, width, 1), levels)


def still_hidden(share_done: float) -> float:
    """Return which share is hidden when a share of the way is done: cos(pi/2 · share).

    Few are shown at first, when little is known, and many at the end.

    Source: Chang et al. 2022, "MaskGIT", arXiv:2202.04200.
    """
    return math.cos(math.pi / 2 * share_done)


class UnmaskingBatches(MaskedBatches):
    """Rows of which another share is hidden each time, as it happens when pictures are generated.

    For each row a share of the way is drawn evenly between 0 and 1, and as many of its tokens are
    hidden as are hidden then: nearly all, or nearly none. All that are hidden become `[MASK]`. In
    half of the rows the caption is left to read, so that the model learns to draw what it says.

    Source: Chang et al. 2022, "MaskGIT", arXiv:2202.04200.
    """

    def _mask(self, input_ids: Tensor, rows: NDArray[np.int64], step: int) -> tuple[Tensor, Tensor]:
        generator = torch_generator(self.seed, "unmasking", step)
        first, levels = self.tokenizer.id(FIRST), levels_of(self.tokenizer)
        pixel = (input_ids >= first) & (input_ids < first + levels)
        told = torch.rand(len(input_ids), 1, generator=generator) < CAPTION_READ
        maskable = pixel | (~torch.isin(input_ids, self.specials) & ~told)
        share = torch.cos(math.pi / 2 * torch.rand(len(input_ids), 1, generator=generator))
        draw = torch.rand(input_ids.shape, generator=generator).masked_fill(~maskable, 2.0)
        count = (share * maskable.sum(dim=1, keepdim=True)).ceil().clamp(min=1)
        hidden = draw.argsort(dim=1).argsort(dim=1) < count  # the least draws of each row
        labels = input_ids.masked_fill(~hidden, NOT_ASKED)
        return input_ids.masked_fill(hidden, self.tokenizer.mask_id), labels
