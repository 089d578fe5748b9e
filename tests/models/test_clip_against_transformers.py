"""Our CLIP is the CLIP of `transformers`: same outputs, both ways, no key left over."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from fmlab.errors import UserError
from fmlab.models.clip import Clip, ClipConfig, ProjectedVision, TextConfig, VisionConfig
from fmlab.models.clip_hf import clip_from_hf, clip_to_hf

TEXT = TextConfig(8, 16, 1, 2, vocab_size=20, max_position_embeddings=9, eos_token_id=3)
VISION = VisionConfig(8, 16, 1, 2, num_channels=1, image_size=4, patch_size=2)


def random_tower(draw: random.Random) -> dict[str, Any]:
    heads = draw.choice([1, 2, 3])
    return {
        "hidden_size": heads * draw.choice([4, 8]),
        "intermediate_size": draw.choice([8, 24]),
        "num_hidden_layers": draw.randint(1, 3),
        "num_attention_heads": heads,
        "hidden_act": draw.choice(["quick_gelu", "gelu"]),
        "layer_norm_eps": draw.choice([1e-12, 1e-5]),
    }


def random_config(seed: int) -> dict[str, Any]:
    draw = random.Random(seed)
    patch = draw.choice([1, 2, 3])
    text = {
        "vocab_size": draw.randint(20, 50),
        "max_position_embeddings": draw.randint(8, 14),
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": draw.choice([2, 3]),  # 2 is the mistake of 2021, which both must make
    }
    vision = {
        "num_channels": draw.choice([1, 3]),
        "image_size": patch * draw.randint(2, 4),
        "patch_size": patch,
    }
    return {
        "text_config": {**random_tower(draw), **text},
        "vision_config": {**random_tower(draw), **vision},
        "projection_dim": draw.choice([4, 12]),
    }


def shaken(model: Any) -> Any:
    with torch.no_grad():  # offsets and norms start at 0 and 1: shake them, or nothing is tested
        for weight in model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return model.eval()


def their_model(seed: int) -> Any:
    torch.manual_seed(seed)
    return shaken(transformers.CLIPModel(transformers.CLIPConfig(**random_config(seed))))


def given(config: Any, seed: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed + 1)
    text, vision = config.text_config, config.vision_config
    length = text.max_position_embeddings - 1
    ids = torch.randint(4, text.vocab_size, (3, length))
    mask = torch.ones_like(ids)
    ids[:, 0] = 1
    for row, end in enumerate((length - 1, 4, 2)):
        ids[row, end] = 3
        ids[row, end + 1 :] = 0
        mask[row, end + 1 :] = 0
    side = vision.image_size
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "pixel_values": torch.rand(3, vision.num_channels, side, side),
    }


def agree(theirs: Any, ours: Clip, seed: int) -> None:
    inputs = given(theirs.config, seed)
    with torch.no_grad():
        left, right = theirs(**inputs), ours(**inputs)
    for name in ("logits_per_image", "image_embeds", "text_embeds"):
        torch.testing.assert_close(getattr(left, name), getattr(right, name), atol=1e-5, rtol=0)


@pytest.mark.parametrize("seed", range(8))
def test_outputs_agree_in_both_directions(seed: int) -> None:
    theirs = their_model(seed)
    ours = clip_from_hf(theirs.config.to_dict(), theirs.state_dict())
    assert isinstance(ours, Clip)
    agree(theirs, ours, seed)
    config, weights = clip_to_hf(ours)
    back = transformers.CLIPModel(transformers.CLIPConfig(**config)).eval()
    assert back.load_state_dict(weights, strict=True)
    agree(back, ours, seed)


@pytest.mark.parametrize("seed", range(2))
def test_files_agree_in_both_directions(seed: int, tmp_path: Path) -> None:
    theirs = their_model(seed)
    theirs.save_pretrained(tmp_path / "theirs")
    ours = clip_from_hf(
        theirs.config.to_dict(), load_file(tmp_path / "theirs" / "model.safetensors")
    )
    config, weights = clip_to_hf(ours)
    transformers.CLIPConfig(**config).save_pretrained(tmp_path / "ours")
    save_file(weights, tmp_path / "ours" / "model.safetensors", metadata={"format": "pt"})
    back, report = transformers.CLIPModel.from_pretrained(
        tmp_path / "ours", output_loading_info=True
    )
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert isinstance(ours, Clip)
    agree(back.eval(), ours, seed)


@pytest.mark.parametrize("seed", range(3))
def test_the_tower_for_pictures_alone_agrees_in_both_directions(seed: int) -> None:
    torch.manual_seed(seed)
    sizes = random_config(seed)
    config = transformers.CLIPVisionConfig(**sizes["vision_config"], projection_dim=6)
    theirs = shaken(transformers.CLIPVisionModelWithProjection(config))
    ours = clip_from_hf(theirs.config.to_dict(), theirs.state_dict())
    assert isinstance(ours, ProjectedVision)
    pixels = torch.rand(2, config.num_channels, config.image_size, config.image_size)
    about, weights = clip_to_hf(ours)
    back = transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(**about)).eval()
    assert back.load_state_dict(weights, strict=True)
    with torch.no_grad():
        for left in (theirs, back):
            torch.testing.assert_close(left(pixels).image_embeds, ours(pixels), atol=1e-5, rtol=0)


def test_a_new_model_starts_as_theirs_does() -> None:
    """The spread of each weight is theirs, within chance; offsets are 0 and norms 1."""
    text = TextConfig(64, 256, 3, 2, vocab_size=300, max_position_embeddings=50)
    vision = VisionConfig(64, 256, 2, 2, num_channels=3, image_size=32, patch_size=4)
    torch.manual_seed(0)
    config, ours = clip_to_hf(Clip(ClipConfig(text, vision, 48)))
    theirs = transformers.CLIPModel(transformers.CLIPConfig(**config)).state_dict()
    for name, weight in ours.items():
        if weight.numel() > 1000:
            assert float(weight.std()) == pytest.approx(float(theirs[name].std()), rel=0.1), name
        elif name.endswith("bias"):
            assert not weight.any()


def test_padding_and_what_stands_behind_the_end_change_nothing() -> None:
    torch.manual_seed(0)
    model = Clip(ClipConfig(TEXT, VISION, 4)).eval()
    short = torch.tensor([[1, 7, 8, 3]])
    padded = torch.tensor([[1, 7, 8, 3, 0, 0]])
    other = torch.tensor([[1, 7, 8, 3, 9, 3]])
    vectors = [
        model.text_embeds(short),
        model.text_embeds(padded, (padded > 0).long()),
        model.text_embeds(other),
    ]
    for vector in vectors[1:]:
        torch.testing.assert_close(vector, vectors[0], atol=1e-6, rtol=0)
    assert not torch.allclose(model.text_embeds(torch.tensor([[1, 8, 7, 3]])), vectors[0])


def test_files_that_do_not_fit_are_refused_in_one_line() -> None:
    config, weights = clip_to_hf(Clip(ClipConfig(TEXT, VISION, 4)))
    text, vision = config["text_config"], config["vision_config"]
    name = "visual_projection.weight"
    for about, held, word in [
        (config, {**weights, name: torch.zeros(3, 3)}, "shape"),
        (config, {k: v for k, v in weights.items() if k != name}, "missing"),
        (config, {**weights, "extra": torch.zeros(1)}, "unknown"),
        ({**config, "model_type": "siglip"}, weights, "siglip"),
        ({**config, "text_config": {**text, "num_attention_heads": 3}}, weights, "multiple"),
        ({**config, "text_config": {**text, "eos_token_id": [3, 4]}}, weights, "one end"),
        ({**config, "vision_config": {**vision, "image_size": 5}}, weights, "patch_size"),
        ({**config, "projection_dim": 0}, weights, "projection_dim"),
    ]:
        with pytest.raises(UserError, match=word) as caught:
            clip_from_hf(about, held)
        assert "\n" not in str(caught.value)
    model = Clip(ClipConfig(TEXT, VISION, 4))
    with pytest.raises(UserError, match="resize"):
        model.image_embeds(torch.rand(1, 1, 5, 5))
    with pytest.raises(UserError, match="places"):
        model.text_embeds(torch.ones(1, 10, dtype=torch.long))
