"""How well a masked autoencoder paints what is hidden, beside what needs no learning.

Source: He et al. 2022, "Masked Autoencoders Are Scalable Vision Learners", arXiv:2111.06377.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.mae import Mae
from fmlab.picture_objectives import reconstruction_loss
from fmlab.seeds import torch_generator


@dataclass(frozen=True)
class Reconstruction:
    """Mean squared errors of hidden patches, in squared units of pixels from -1 to 1.

    Attributes:
        model: Of what the model paints.
        mean_image: Of the mean of the training pictures at the same place.
        nearest_patch: Of a copy of the nearest visible patch.
        pictures: How many were measured.
        patches: How many hidden patches, over all masks.
    """

    model: float
    mean_image: float
    nearest_patch: float
    pictures: int
    patches: int


@torch.no_grad()
def reconstruction(
    model: Mae, held_out: Tensor, train: Tensor, masks: int = 8, seed: int = 0
) -> Reconstruction:
    """Measure a model and two ways of guessing on the same hidden patches.

    Args:
        model: Without `norm_pix_loss`.
        held_out: Pictures that it has not seen, from -1 to 1, `(N, C, H, W)` or `(N, F, C, H, W)`.
        train: Those that it has seen, of the same shape.
        masks: How many masks each picture gets.
        seed: Chooses the masks.

    Raises:
        UserError: The model paints each patch in units of its own.

    Does not show: that the model understands pictures. A blur of what is likely has a low error
    and looks like nothing; look at what it paints too.
    """
    config = model.config
    if config.norm_pix_loss:
        raise UserError(
            "this model paints each patch in units of its own (norm_pix_loss), which no pixels can "
            "be laid beside; measure one without"
        )
    model.eval()
    target = model.target(held_out)
    mean = model.target(train.mean(dim=0, keepdim=True)).expand_as(target)
    totals, hidden = torch.zeros(3), 0
    for number in range(masks):
        generator = torch_generator(seed, "reconstruction", number)
        noise = torch.rand(len(held_out), config.patches, generator=generator)
        out = model(held_out, noise)
        copied = nearest_visible(target, out.mask, config.image_size // config.patch_size)
        guesses = (out.pixels, mean, copied)
        totals += torch.stack([reconstruction_loss(guess, target, out.mask) for guess in guesses])
        hidden += int(out.mask.sum())
    painted, by_mean, by_copy = (totals / masks).tolist()
    return Reconstruction(painted, by_mean, by_copy, len(held_out), hidden)


def nearest_visible(patches: Tensor, mask: Tensor, side: int) -> Tensor:
    """Return for each patch the nearest visible one of its frame, of the same shape.

    Args:
        patches: Row by row, frame by frame, `(B, N, D)`.
        mask: 1 for a hidden patch, 0 for a visible one, `(B, N)`.
        side: Patches a row of a frame; of several equally near, the first one is taken.
    """
    number = torch.arange(patches.size(1))
    frame, within = number // side**2, number % side**2
    place = torch.stack([within // side, within % side], dim=1).float()  # (N, 2)
    far = torch.cdist(place, place) + 1e6 * (frame[:, None] != frame[None])  # (N, N)
    far = far[None] + 1e9 * mask[:, None, :]  # (B, N, N): nobody copies what is hidden
    return patches.take_along_dim(far.argmin(dim=-1)[..., None], dim=1)
