"""Our masked autoencoder is that of `transformers`: same outputs, both ways, no key left over."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.models.vit_mae.modeling_vit_mae import build_2d_sinusoidal_position_embedding

from fmlab.errors import UserError
from fmlab.models.mae import Mae, MaeConfig, places_in_a_picture, shuffled
from fmlab.models.mae_hf import mae_from_hf, mae_to_hf
from fmlab.picture_objectives import reconstruction_loss

SMALL = MaeConfig(
    hidden_size=8,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=16,
    image_size=6,
    patch_size=2,
    num_channels=1,
    decoder_num_attention_heads=1,
    decoder_hidden_size=4,
    decoder_num_hidden_layers=1,
    decoder_intermediate_size=8,
)


def random_config(seed: int) -> dict[str, Any]:
    draw = random.Random(seed)
    heads, inner = draw.choice([1, 2, 3]), draw.choice([1, 2])
    patch = draw.choice([1, 2, 3])
    return {
        "hidden_size": heads * draw.choice([4, 8, 16]),
        "num_hidden_layers": draw.randint(1, 3),
        "num_attention_heads": heads,
        "intermediate_size": draw.choice([8, 24]),
        "hidden_act": draw.choice(["gelu", "relu", "silu"]),
        "layer_norm_eps": draw.choice([1e-12, 1e-5]),
        "image_size": patch * draw.randint(2, 4),
        "patch_size": patch,
        "num_channels": draw.choice([1, 3]),
        "decoder_num_attention_heads": inner,
        "decoder_hidden_size": inner * draw.choice([4, 8]),
        "decoder_num_hidden_layers": draw.randint(1, 2),
        "decoder_intermediate_size": 16,
        "mask_ratio": draw.choice([0.5, 0.75]),
        "norm_pix_loss": draw.random() < 0.5 and patch > 1,
    }


def their_model(seed: int) -> Any:
    torch.manual_seed(seed)
    config = transformers.ViTMAEConfig(**random_config(seed))
    model = transformers.ViTMAEForPreTraining(config).eval()
    with torch.no_grad():  # offsets and norms start at 0 and 1: shake them, or nothing is tested
        for weight in model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return model


def given(config: Any, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed + 1)
    side, patches = config.image_size, (config.image_size // config.patch_size) ** 2
    return torch.rand(3, config.num_channels, side, side), torch.rand(3, patches)


def agree(theirs: Any, ours: Mae, seed: int) -> None:
    pixels, noise = given(theirs.config, seed)
    with torch.no_grad():
        left, right = theirs(pixels, noise=noise), ours(pixels, noise)
        states = theirs.vit(pixels, noise=noise).last_hidden_state
        loss = reconstruction_loss(right.pixels, ours.target(pixels), right.mask)
    torch.testing.assert_close(left.logits, right.pixels, atol=1e-5, rtol=0)
    torch.testing.assert_close(states, right.last_hidden_state, atol=1e-5, rtol=0)
    torch.testing.assert_close(left.mask, right.mask)
    torch.testing.assert_close(left.loss, loss, atol=1e-5, rtol=0)


@pytest.mark.parametrize("seed", range(8))
def test_outputs_agree_in_both_directions(seed: int) -> None:
    theirs = their_model(seed)
    ours = mae_from_hf(theirs.config.to_dict(), theirs.state_dict())
    agree(theirs, ours, seed)


@pytest.mark.parametrize("seed", range(4))
def test_files_agree_in_both_directions(seed: int, tmp_path: Path) -> None:
    theirs = their_model(seed)
    theirs.save_pretrained(tmp_path / "theirs")
    weights = load_file(tmp_path / "theirs" / "model.safetensors")
    ours = mae_from_hf(theirs.config.to_dict(), weights)
    agree(theirs, ours, seed)

    config, own = mae_to_hf(ours)
    assert set(own) == set(weights)
    transformers.ViTMAEConfig(**config).save_pretrained(tmp_path / "ours")
    save_file(own, tmp_path / "ours" / "model.safetensors", metadata={"format": "pt"})
    back, report = transformers.ViTMAEForPreTraining.from_pretrained(
        tmp_path / "ours", output_loading_info=True
    )
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    agree(back.eval(), ours, seed)


def test_a_new_model_has_the_places_of_the_published_ones() -> None:
    """Sines and cosines of the row stand behind those of the column, in the published weights."""
    theirs = build_2d_sinusoidal_position_embedding(3, 3, 8, cls_token=True)
    swapped = torch.cat([theirs[:, 4:], theirs[:, :4]], dim=1)
    torch.testing.assert_close(places_in_a_picture(3, 8)[0], swapped)


def test_a_new_model_keeps_the_size_of_numbers() -> None:
    """Xavier's start, as in the published code: even between -r and r, r² = 6 / (in + out)."""
    torch.manual_seed(0)
    model = Mae(MaeConfig(**{**vars(SMALL), "hidden_size": 64, "intermediate_size": 96}))
    up = model.encoder.layers[0].up
    assert up.weight.abs().max().item() == pytest.approx((6 / (64 + 96)) ** 0.5, rel=0.02)
    assert not up.bias.any()
    assert model.decoder.mask_token.std() < 0.1


def test_a_model_of_clips_opens_in_transformers_as_one_of_their_frames(tmp_path: Path) -> None:
    torch.manual_seed(0)
    clips = Mae(MaeConfig(**{**vars(SMALL), "num_frames": 3})).eval()
    config, weights = mae_to_hf(clips)
    frames = mae_from_hf({**config, "num_frames": 1}, weights)
    transformers.ViTMAEConfig(**config).save_pretrained(tmp_path)
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    theirs = transformers.ViTMAEForPreTraining.from_pretrained(tmp_path).eval()
    again = mae_from_hf(config, weights)
    pixels, noise = torch.rand(2, 3, 1, 6, 6), torch.rand(2, 9)
    assert torch.equal(again(pixels, noise).pixels, clips(pixels, noise).pixels)
    left, right = theirs(pixels[:, 1], noise=noise).logits, frames(pixels[:, 1], noise).pixels
    torch.testing.assert_close(left, right, atol=1e-5, rtol=0)


def test_the_same_places_are_visible_in_all_frames() -> None:
    noise = torch.tensor([[0.9, 0.1, 0.5, 0.3]])
    assert shuffled(noise, 2, 1).tolist() == [[1, 3]]
    assert shuffled(noise, 2, 3).tolist() == [[1, 3, 5, 7, 9, 11]]


def test_what_is_hidden_does_not_reach_the_encoder() -> None:
    torch.manual_seed(0)
    model = Mae(SMALL).eval()
    pixels, noise = torch.rand(1, 1, 6, 6), torch.rand(1, 9)
    first = model(pixels, noise)
    hidden = first.mask[0].nonzero()[0, 0]
    row, column = divmod(int(hidden), 3)
    changed = pixels.clone()
    changed[0, 0, 2 * row, 2 * column] += 1
    assert torch.equal(model(changed, noise).pixels, first.pixels)
    seen = int((first.mask[0] == 0).nonzero()[0, 0])
    row, column = divmod(seen, 3)
    pixels[0, 0, 2 * row, 2 * column] += 1
    assert not torch.equal(model(pixels, noise).pixels, first.pixels)


def test_files_that_do_not_fit_are_refused_in_one_line() -> None:
    config, weights = mae_to_hf(Mae(SMALL))
    name = "decoder.decoder_pred.weight"
    for about, held, word in [
        (config, {**weights, name: torch.zeros(3, 3)}, "shape"),
        (config, {k: v for k, v in weights.items() if k != name}, "missing"),
        (config, {**weights, "vit.extra": torch.zeros(1)}, "unknown"),
        ({**config, "model_type": "vit"}, weights, "vit checkpoint"),
        ({**config, "qkv_bias": False}, weights, "qkv_bias"),
        ({**config, "num_attention_heads": 3}, weights, "multiple"),
        ({**config, "decoder_hidden_size": 6}, weights, "multiple of 4"),
        ({**config, "image_size": 7}, weights, "patch_size"),
        ({**config, "image_size": [6, 6]}, weights, "image_size"),
        ({**config, "mask_ratio": 0.95}, weights, "mask_ratio"),
        ({**config, "hidden_act": "softplus"}, weights, "softplus"),
    ]:
        with pytest.raises(UserError, match=word) as caught:
            mae_from_hf(about, held)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="resize"):
        Mae(SMALL)(torch.rand(1, 3, 6, 6))
