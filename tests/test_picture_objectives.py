"""Objectives on pictures, each against a case worked by hand, and what must not matter to them."""

import math

import pytest
import torch

from fmlab.models.mae import shuffled
from fmlab.picture_objectives import captions_loss, reconstruction_loss, two_views_loss


def test_reconstruction_is_the_mean_square_of_the_hidden_patches() -> None:
    """Patch 1 is off by 1 and 3: (1 + 9) / 2 = 5; patch 2 by 2 and 0: 2; patch 0 is visible."""
    target = torch.zeros(1, 3, 2)
    painted = torch.tensor([[[50.0, 50.0], [1.0, -3.0], [2.0, 0.0]]])
    mask = torch.tensor([[0.0, 1.0, 1.0]])
    assert reconstruction_loss(painted, target, mask).item() == pytest.approx((5 + 2) / 2)


def test_of_a_clip_a_tube_is_hidden_and_all_its_frames_count() -> None:
    """Two frames of two patches; place 0 is hidden in both, and is off by 1, then by 2."""
    visible = shuffled(torch.tensor([[0.9, 0.1]]), 1, 2)
    mask = torch.ones(1, 4).scatter_(1, visible, 0.0)
    assert mask.tolist() == [[1, 0, 1, 0]]
    painted = torch.tensor([[[1.0], [7.0], [2.0], [7.0]]])
    assert reconstruction_loss(painted, torch.zeros(1, 4, 1), mask).item() == (1 + 4) / 2


def test_two_views_of_two_pictures() -> None:
    """Both views of a picture agree, the pictures stand at right angles: cosines 1 and 0.

    Each view has its partner (cosine 1) and two strangers (0): -log(e^2 / (e^2 + 2)) at
    temperature 0.5.
    """
    views = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    wanted = -math.log(math.e**2 / (math.e**2 + 2))
    assert two_views_loss(views, 3 * views, 0.5).item() == pytest.approx(wanted)
    # the other way round each is nearest to a stranger: two at 0 and one at 1
    wrong = -math.log(1 / (math.e**2 + 2))
    assert two_views_loss(views, views.flip(0), 0.5).item() == pytest.approx(wrong)


def test_no_view_is_compared_with_itself() -> None:
    one = torch.tensor([[1.0, 0.0]])
    assert two_views_loss(one, one).item() == 0  # its only candidate is its partner


def test_captions_of_two_pictures() -> None:
    """Scale 2; the second picture and caption are 60 degrees from the first ones: cosine 1/2.

    Picture 0 has scores 2 and 1, picture 1 has 1 and 2, and so have the captions.
    """
    vectors = torch.tensor([[1.0, 0.0], [0.5, math.sqrt(0.75)]])
    wanted = -math.log(math.e**2 / (math.e**2 + math.e))
    found = captions_loss(vectors, vectors, torch.tensor(math.log(2)))
    assert found.item() == pytest.approx(wanted, abs=1e-6)


def test_captions_loss_is_the_mean_of_both_directions() -> None:
    """Both captions are the same: pictures can't choose (log 2), the captions choose by cosine."""
    pictures = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    captions = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    by_caption = (math.log(1 + math.exp(-1)) + math.log(1 + math.exp(1))) / 2
    wanted = (math.log(2) + by_caption) / 2
    found = captions_loss(pictures, captions, torch.tensor(0.0)).item()
    assert found == pytest.approx(wanted, abs=1e-6)


def test_the_scale_ends_at_a_hundred() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.9, math.sqrt(0.19)]])
    at_most = captions_loss(vectors, vectors, torch.tensor(math.log(100.0)))
    assert captions_loss(vectors, vectors, torch.tensor(99.0)).item() == at_most.item()
    scale = torch.tensor(1.0, requires_grad=True)
    captions_loss(vectors, vectors, scale).backward()  # type: ignore[no-untyped-call]
    assert scale.grad is not None
    assert scale.grad.item() < 0  # a larger scale would be better
