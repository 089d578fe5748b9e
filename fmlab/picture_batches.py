"""What one step of training on pictures reads: pictures, and what is hidden, changed or said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fmlab.errors import UserError
from fmlab.seeds import numpy_rng, torch_generator
from fmlab.tokens import Tokenizer
from fmlab.vision.picture import Picture, stack
from fmlab.vision.transforms import centred, random_view, to_tensor

Ask = Literal["patches", "views", "captions"]


@dataclass(frozen=True)
class PictureRows:
    """Pictures of one split, ready to be drawn from.

    Attributes:
        pixels: From -1 to 1, `(N, C, H, W)`; of clips `(N, F, C, H, W)`.
        input_ids: Captions between `[CLS]` and `[SEP]`, `(N, T)`, or None.
        attention_mask: 1 for a token, 0 for padding, `(N, T)`, or None.
        titles: What each picture is called.
    """

    pixels: Tensor
    titles: tuple[str, ...]
    input_ids: Tensor | None = None
    attention_mask: Tensor | None = None

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return len(self.pixels)


def lay_out(
    pictures: Sequence[Picture], tokenizer: Tokenizer | None = None, longest: int = 0
) -> PictureRows:
    """Return pictures as rows, with captions where there is a tokenizer.

    Args:
        pictures: Of one size.
        tokenizer: Cuts captions into tokens; None to leave them out.
        longest: The most tokens of a caption, `[CLS]` and `[SEP]` included; more are cut off.
    """
    pixels = centred(to_tensor(stack(pictures)))
    titles = tuple(picture.title for picture in pictures)
    if tokenizer is None:
        return PictureRows(pixels, titles)
    input_ids, attention_mask = tokenized([p.caption for p in pictures], tokenizer, longest)
    return PictureRows(pixels, titles, input_ids, attention_mask)


def tokenized(captions: Sequence[str], tokenizer: Tokenizer, longest: int) -> tuple[Tensor, Tensor]:
    """Return the tokens of captions and where they are, both `(N, T)`, padded to the longest.

    Args:
        captions: In words.
        tokenizer: Cuts them.
        longest: The most tokens of one, `[CLS]` and `[SEP]` included; more are cut off.
    """
    cut = [ids[: longest - 2] for ids in tokenizer.encode_batch(list(captions))]
    width = max(map(len, cut)) + 2
    input_ids = torch.full((len(cut), width), tokenizer.pad_id)
    for row, ids in enumerate(cut):
        input_ids[row, : len(ids) + 2] = torch.tensor([tokenizer.cls_id, *ids, tokenizer.sep_id])
    return input_ids, (input_ids != tokenizer.pad_id).long()


@dataclass(frozen=True)
class PictureBatch:
    """What one step reads; B pictures.

    Attributes:
        pixel_values: From -1 to 1, `(B, C, H, W)`; of clips `(B, F, C, H, W)`.
        tokens: How much was read: patches, and tokens of captions.
        noise: A number for each place of a frame: the patches of the most are hidden, `(B, N)`.
        other_view: The same pictures looked at otherwise, `(B, C, H, W)`.
        input_ids: Their captions, `(B, T)`.
        attention_mask: 1 for a token, 0 for padding, `(B, T)`.
    """

    pixel_values: Tensor
    tokens: int
    noise: Tensor | None = None
    other_view: Tensor | None = None
    input_ids: Tensor | None = None
    attention_mask: Tensor | None = None

    document_ids = None  # nothing is packed, so a GPU has no blocks to skip

    def to(self, device: str) -> "PictureBatch":
        """Return the same batch on another device."""
        return self._each(lambda value: value.to(device, non_blocking=True))

    def pinned(self) -> "PictureBatch":
        """Return the batch in memory from which a GPU fetches by itself."""
        return self._each(lambda value: value.pin_memory())

    def part(self, number: int, parts: int) -> "PictureBatch":
        """Return every `parts`-th picture, from `number`: what one of several processes reads.

        Raises:
            UserError: Pictures are compared with each other, and must all be in one place.
        """
        if self.noise is None:
            raise UserError(
                "pictures are compared with all others of their batch; train with one process, or "
                "choose mae"
            )
        return self._each(lambda value: value[number::parts])

    def narrowed(self) -> "PictureBatch":
        """Return the batch as it is: the encoder leaves out what is hidden by itself."""
        return self

    def padded(self, size: int) -> "PictureBatch":
        """Return the batch as it is: all are of the same shape."""
        return self

    def _each(self, change: Any) -> "PictureBatch":
        changed: dict[str, Any] = {
            name: change(value) for name, value in vars(self).items() if isinstance(value, Tensor)
        }
        return replace(self, **changed)


class PictureBatches:
    """Batches of pictures, for ever: epoch after epoch, each picture once an epoch.

    All depends on the seed and the step alone.
    """

    causal_rows = 0

    def __init__(
        self,
        rows: PictureRows,
        batch_size: int,
        seed: int,
        ask: Ask,
        patch_size: int,
        flips: bool = False,
    ) -> None:
        """Keep the pictures and what is asked of them.

        Args:
            rows: The pictures of a split.
            batch_size: Pictures a step.
            seed: Where chance starts.
            ask: `patches` are hidden, two `views` are taken, or `captions` go with them.
            patch_size: The side of a patch, in pixels.
            flips: Whether a view may be flipped.

        Raises:
            UserError: There are fewer pictures than the objective needs.
        """
        if ask != "patches" and min(batch_size, len(rows)) < 2:
            raise UserError("pictures are compared with each other; read at least 2 in a batch")
        self.packed, self.batch_size, self.seed = rows, batch_size, seed
        self.ask, self.flips = ask, flips
        height, width = rows.pixels.shape[-2:]
        self.places = (height // patch_size) * (width // patch_size)
        self._orders: dict[int, NDArray[np.int64]] = {}

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return which pictures step `step` (from 0) reads, `(B,)`."""
        first = step * self.batch_size
        epochs, within = np.divmod(np.arange(first, first + self.batch_size), len(self.packed))
        return np.concatenate(
            [self._order(int(epoch))[within[epochs == epoch]] for epoch in np.unique(epochs)]
        )

    def _order(self, epoch: int) -> NDArray[np.int64]:
        order = self._orders.get(epoch)
        if order is None:
            order = numpy_rng(self.seed, "order", epoch).permutation(len(self.packed))
            self._orders = {**dict(list(self._orders.items())[-2:]), epoch: order}
        return order

    def batch(self, step: int) -> PictureBatch:
        """Return the batch of step `step`, from 0."""
        rows = torch.from_numpy(self.rows(step))
        packed = self.packed
        pixels = packed.pixels[rows]
        frames = pixels.size(1) if pixels.dim() == 5 else 1
        read = len(rows) * frames * self.places
        generator = torch_generator(self.seed, self.ask, step)
        if self.ask == "patches":
            noise = torch.rand(len(rows), self.places, generator=generator)
            return PictureBatch(pixels, read, noise=noise)
        if self.ask == "views":
            views = [random_view(pixels, generator, flips=self.flips) for _ in range(2)]
            return PictureBatch(views[0], 2 * read, other_view=views[1])
        assert packed.input_ids is not None, "the pictures have no captions"
        assert packed.attention_mask is not None
        input_ids, mask = packed.input_ids[rows], packed.attention_mask[rows]
        said = int(mask.sum())
        return PictureBatch(pixels, read + said, input_ids=input_ids, attention_mask=mask)
