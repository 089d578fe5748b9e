"""Reconstruction is measured on hidden patches alone, beside guesses worked out by hand."""

from typing import Any

import pytest
import torch

from fmlab.errors import UserError
from fmlab.models.mae import Mae, MaeConfig
from fmlab.picture_objectives import reconstruction_loss
from fmlab.probes.reconstruction import nearest_visible, reconstruction


def small(**changes: Any) -> Mae:
    torch.manual_seed(0)
    sizes = {
        "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
        "image_size": 6, "patch_size": 2, "num_channels": 1, "decoder_num_attention_heads": 1,
        "decoder_hidden_size": 4, "decoder_num_hidden_layers": 1, "decoder_intermediate_size": 8,
    }  # fmt: skip
    return Mae(MaeConfig(**{**sizes, **changes}))


def test_the_nearest_visible_patch_is_copied_by_hand() -> None:
    """Of 3 x 3 patches only the first, 0, and the last, 8, are visible."""
    patches = torch.arange(9.0)[None, :, None]
    mask = torch.ones(1, 9)
    mask[0, [0, 8]] = 0
    copied = nearest_visible(patches, mask, 3)[0, :, 0].tolist()
    assert copied == [0, 0, 0, 0, 0, 8, 0, 8, 8]  # in the middle both are as near: the first


def test_of_a_clip_only_the_own_frame_is_copied() -> None:
    patches = torch.arange(8.0)[None, :, None]
    mask = torch.ones(1, 8)
    mask[0, [1, 7]] = 0
    assert nearest_visible(patches, mask, 2)[0, :, 0].tolist() == [1, 1, 1, 1, 7, 7, 7, 7]


def test_the_model_and_both_guesses_are_asked_for_the_same_patches() -> None:
    model = small(mask_ratio=0.6)
    held_out, train = torch.rand(5, 1, 6, 6), torch.rand(20, 1, 6, 6)
    found = reconstruction(model, held_out, train, masks=3, seed=4)
    assert found == reconstruction(model, held_out, train, masks=3, seed=4)
    assert found != reconstruction(model, held_out, train, masks=3, seed=5)
    assert (found.pictures, found.patches) == (5, 3 * 5 * 6)

    flat = reconstruction(model, train.mean(0, keepdim=True), train, masks=2)
    assert flat.mean_image == pytest.approx(0, abs=1e-12)
    even = reconstruction(model, torch.full((2, 1, 6, 6), 0.3), train, masks=2)
    assert even.nearest_patch == pytest.approx(0, abs=1e-12)
    assert even.mean_image > 0


def test_what_the_model_paints_is_what_is_measured() -> None:
    model = small()
    held_out = torch.rand(4, 1, 6, 6)
    with torch.no_grad():
        model.decoder.pixels.weight.zero_()
        model.decoder.pixels.bias.fill_(0.5)  # paints grey everywhere
    found = reconstruction(model, held_out, held_out, masks=200)
    grey = reconstruction_loss(torch.full((4, 9, 4), 0.5), model.target(held_out), torch.ones(4, 9))
    assert found.model == pytest.approx(float(grey), rel=0.03)


def test_pixels_in_units_of_a_patch_are_refused() -> None:
    with pytest.raises(UserError, match="norm_pix_loss"):
        reconstruction(small(norm_pix_loss=True), torch.rand(1, 1, 6, 6), torch.rand(1, 1, 6, 6))
