"""Pictures by iterative unmasking: all pixels are hidden, and the surest are shown, step by step.

A model that fills masks guesses every hidden pixel by itself, as if the others were not guessed
too. To show all at once gives pixels that don't fit each other; so a few are kept, the rest is
hidden again, and the next guess sees what was kept.

Source: Chang et al. 2022, "MaskGIT: Masked Generative Image Transformer", arXiv:2202.04200.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fmlab.batch import Batch
from fmlab.checkpoint import Checkpoint
from fmlab.errors import UserError
from fmlab.models.language_model import LanguageModel
from fmlab.picture_tokens import FIRST, levels_of, pixels_of, still_hidden
from fmlab.seeds import torch_generator
from fmlab.tokens import Tokenizer
from fmlab.vision.picture import Pixels


@dataclass(frozen=True)
class Drawn:
    """Pictures that a model drew.

    Attributes:
        pixels: `(B, H, W, 1)`.
        captions: What each was asked for.
        shown: The step, from 1, at which each pixel was kept, `(B, H * W)`.
    """

    pixels: Pixels
    captions: tuple[str, ...]
    shown: Tensor


def generate_images(
    model: Checkpoint | tuple[LanguageModel, Tokenizer],
    captions: Sequence[str],
    side: int = 8,
    steps: int = 12,
    temperature: float = 1.0,
    choice: float = 4.0,
    seed: int = 0,
) -> Drawn:
    """Return a picture for each caption; the same seed gives the same pictures.

    Args:
        model: Trained on pictures as words, or its model and tokenizer.
        captions: What to draw, in words of the training captions.
        side: Of a picture, in pixels.
        steps: How many guesses; with 1 all pixels are guessed at once.
        temperature: Of the guess of each pixel's shade: below 1 the likely ones are likelier.
        choice: How much chance there is in which pixels are kept, at the start; it fades. With 0
            the surest are kept, and the pictures grow alike.
        seed: Where chance starts.

    Raises:
        UserError: The model knows no pictures, or a word of a caption is unknown; or an option
            cannot work.
    """
    if isinstance(model, Checkpoint):
        model = (model.masked_language_model, model.tokenizer)
    network, tokenizer = model
    _refuse(captions, tokenizer, side, steps, temperature)
    pixels, first = side * side, tokenizer.id(FIRST)
    ids, attention_mask = _rows(captions, tokenizer, pixels)
    generator = torch_generator(seed, "generate images")
    hidden = torch.ones(len(ids), pixels, dtype=torch.bool)
    shown = torch.zeros(len(ids), pixels, dtype=torch.long)
    for step in range(1, steps + 1):
        guess, sureness = _guess(network, ids, attention_mask, (first, levels_of(tokenizer)),
                                 pixels, temperature, generator)  # fmt: skip
        sureness += choice * (1 - step / steps) * _gumbel(sureness.shape, generator)
        sureness[~hidden] = math.inf  # what is kept stays
        ids[:, 1 : 1 + pixels] = torch.where(hidden, guess + first, ids[:, 1 : 1 + pixels])
        left = min(math.ceil(still_hidden(step / steps) * pixels - 1e-9), pixels - 1)
        rank = sureness.argsort(dim=1).argsort(dim=1)  # 0 for the least sure
        shown[hidden & (rank >= left)] = step
        hidden = rank < left
        ids[:, 1 : 1 + pixels][hidden] = tokenizer.mask_id
    return Drawn(pixels_of(ids, tokenizer, side, side), tuple(captions), shown)


@torch.no_grad()
def _guess(
    network: LanguageModel,
    ids: Tensor,
    attention_mask: Tensor,
    shades: tuple[int, int],
    pixels: int,
    temperature: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return a shade for every pixel and how sure it is, log p, both `(B, pixels)`."""
    first, levels = shades
    network.eval()
    device = next(network.parameters()).device.type
    batch = Batch(ids, torch.full_like(ids, -100), attention_mask=attention_mask).to(device)
    states = network.states(batch).last_hidden_state[:, 1 : 1 + pixels]
    assert network.token_head is not None
    logits = network.token_head(states).float().cpu()[..., first : first + levels] / temperature
    log_p = logits.log_softmax(dim=-1)  # (B, pixels, levels)
    drawn = torch.multinomial(log_p.exp().flatten(0, 1), 1, generator=generator)
    guess = drawn.view(log_p.shape[:2])
    return guess, log_p.gather(-1, guess[..., None])[..., 0]


def _rows(captions: Sequence[str], tokenizer: Tokenizer, pixels: int) -> tuple[Tensor, Tensor]:
    """Return rows with all pixels hidden, and where they hold tokens, both `(B, T)`."""
    said = tokenizer.encode_batch(list(captions))
    ids = torch.full((len(said), 2 + pixels + max(map(len, said))), tokenizer.pad_id)
    for row, caption in enumerate(said):
        whole = [tokenizer.cls_id, *[tokenizer.mask_id] * pixels, *caption, tokenizer.sep_id]
        ids[row, : len(whole)] = torch.tensor(whole)
    return ids, (ids != tokenizer.pad_id).long()


def _gumbel(shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Return noise that makes the highest of sums a fair draw by exp of what it is added to."""
    even = torch.rand(shape, generator=generator).clamp(1e-9, 1 - 1e-7)
    return -torch.log(-torch.log(even))


def _refuse(
    captions: Sequence[str], tokenizer: Tokenizer, side: int, steps: int, temperature: float
) -> None:
    levels_of(tokenizer)
    if not captions:
        raise UserError("there is nothing to draw; give a caption for each picture")
    for name, value, least in (("side", side, 1), ("steps", steps, 1)):
        if value < least:
            raise UserError(f"{name} is {value}; it must be at least {least}")
    if temperature <= 0:
        raise UserError(f"temperature is {temperature}; it must be above 0")
    for caption in captions:
        unknown = [w for w in caption.split() if tokenizer.unk_id in tokenizer.encode(w)]
        if unknown:
            raise UserError(f"{unknown[0]!r} stood in no caption of the training pictures")
