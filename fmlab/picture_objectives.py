"""What pretraining on pictures minimises: hidden patches painted, views and captions matched."""

import torch
import torch.nn.functional as F
from torch import Tensor

from fmlab.models.clip import HIGHEST


def reconstruction_loss(pixels: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    r"""Return the mean squared error of the hidden patches, a scalar in squared units of pixels.

    sum over hidden i of ||painted_i - true_i||² / (numbers of a patch), divided by the number of
    hidden patches. Visible patches cost nothing: to copy them teaches nothing.

    Args:
        pixels: What is painted for every patch, `(B, N, P * P * C)`.
        target: What is there, of the same shape.
        mask: 1 for a hidden patch, `(B, N)`. Of clips, a patch is hidden in all frames at once, as
            a tube (Tong et al. 2022, VideoMAE, arXiv:2203.12602); the loss is the same.

    Source: He et al. 2022, "Masked Autoencoders Are Scalable Vision Learners", arXiv:2111.06377.
    """
    error = (pixels.float() - target).square().mean(dim=-1)  # (B, N)
    return (error * mask).sum() / mask.sum()


def two_views_loss(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    r"""Return NT-Xent: -log of the share that a view gives to the other view of its picture.

    With vectors z of length 1, s(i, k) = z_i · z_k / temperature and j the other view of i:
    mean over all 2 B views i of -log (exp s(i, j) / sum over k ≠ i of exp s(i, k)), in nats.

    Args:
        first: One vector a picture, of one view, `(B, E)`; any length.
        second: Of another view, `(B, E)`.
        temperature: The smaller, the more the nearest strangers count.

    Source: Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual
    Representations" (SimCLR), arXiv:2002.05709, section 2.1.
    """
    vectors = F.normalize(torch.cat([first, second]).float(), dim=-1)  # (2 B, E)
    scores = vectors @ vectors.T / temperature  # (2 B, 2 B)
    scores = scores.masked_fill(torch.eye(len(scores), device=scores.device).bool(), -torch.inf)
    partner = torch.arange(len(scores), device=scores.device).roll(len(first))
    return F.cross_entropy(scores, partner)


def captions_loss(image_embeds: Tensor, text_embeds: Tensor, logit_scale: Tensor) -> Tensor:
    r"""Return the symmetric InfoNCE of pictures and their captions, in nats.

    With S = exp(logit_scale) · cosine(picture, caption): the mean of -log softmax over the captions
    of a picture, and of -log softmax over the pictures of a caption, at the true pairs, halved.
    The scale is learned and ends at 100.

    Args:
        image_embeds: One vector of length 1 a picture, `(B, E)`.
        text_embeds: One vector of length 1 a caption, in the same order, `(B, E)`.
        logit_scale: The logarithm of the scale, a scalar.

    Does not know that two captions of a batch may say the same: it then asks for the impossible.

    Source: Radford et al. 2021 (CLIP), arXiv:2103.00020, figure 3 and section 2.5; van den Oord
    et al. 2018, arXiv:1807.03748 (InfoNCE).
    """
    scale = logit_scale.clamp(max=HIGHEST).exp()
    scores = scale * image_embeds.float() @ text_embeds.float().T  # (B, B)
    own = torch.arange(len(scores), device=scores.device)
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2
