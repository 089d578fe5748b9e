"""A model of pictures comes back from disk as it was, and opens in `transformers`."""

import json
from pathlib import Path

import pytest
import torch
import transformers

from fmlab import checkpoint
from fmlab.errors import UserError
from fmlab.models.clip import Clip, ClipConfig, ProjectedVision, TextConfig, VisionConfig
from fmlab.models.mae import Mae, MaeConfig
from fmlab.picture_batches import tokenized
from fmlab.picture_checkpoint import load_pictures, save_pictures
from fmlab.tokens import Tokenizer
from fmlab.vision.transforms import centred, to_tensor

TOKENIZER = Tokenizer.of_words(["red", "circle", "square"])
VISION = VisionConfig(8, 16, 1, 2, image_size=8, patch_size=4)


def clip() -> Clip:
    text = TextConfig(
        8,
        16,
        1,
        2,
        vocab_size=TOKENIZER.vocab_size,
        max_position_embeddings=6,
        pad_token_id=TOKENIZER.pad_id,
        bos_token_id=TOKENIZER.cls_id,
        eos_token_id=TOKENIZER.sep_id,
    )
    torch.manual_seed(0)
    return Clip(ClipConfig(text, VISION, 4)).eval()


def mae(**more: int) -> Mae:
    torch.manual_seed(0)
    sizes = {"image_size": 8, "patch_size": 4, "num_channels": 3, **more}
    return Mae(MaeConfig(8, 1, 2, 16, decoder_num_attention_heads=1, decoder_hidden_size=4,
                         decoder_num_hidden_layers=1, decoder_intermediate_size=8,
                         **sizes)).eval()  # fmt: skip


def test_a_masked_autoencoder_comes_back_and_opens_in_transformers(tmp_path: Path) -> None:
    model, noise = mae(), torch.rand(2, 4)
    pixels = torch.rand(2, 3, 8, 8)
    save_pictures(tmp_path, model, run={"seed": 3})
    found = load_pictures(tmp_path)
    assert isinstance(found.model, Mae)
    assert (found.tokenizer, found.run) == (None, {"seed": 3})
    assert torch.equal(found.model(pixels, noise).pixels, model(pixels, noise).pixels)
    theirs = transformers.ViTMAEForPreTraining.from_pretrained(tmp_path).eval()
    left = theirs(pixels, noise=noise).logits
    torch.testing.assert_close(left, model(pixels, noise).pixels, atol=1e-5, rtol=0)


def test_a_clip_comes_back_with_its_tokenizer_and_opens_in_transformers(tmp_path: Path) -> None:
    model, pixels = clip(), torch.rand(2, 3, 8, 8)
    save_pictures(tmp_path, model, TOKENIZER)
    found = load_pictures(tmp_path)
    assert isinstance(found.model, Clip)
    assert found.tokenizer is not None
    said = ["red circle", "square"]
    ids, mask = tokenized(said, found.tokenizer, 6)
    assert torch.equal(found.model(pixels, ids, mask).logits_per_image,
                       model(pixels, ids, mask).logits_per_image)  # fmt: skip
    theirs = transformers.CLIPModel.from_pretrained(tmp_path).eval()
    given = transformers.BertTokenizer.from_pretrained(tmp_path)(
        said, padding=True, return_tensors="pt"
    )
    left = theirs(given["input_ids"], pixels, given["attention_mask"]).logits_per_image
    torch.testing.assert_close(left, model(pixels, ids, mask).logits_per_image, atol=1e-5, rtol=0)


def test_transformers_makes_pixels_ready_as_we_do(tmp_path: Path) -> None:
    save_pictures(tmp_path, mae())
    ready = transformers.AutoImageProcessor.from_pretrained(tmp_path)
    picture = torch.randint(0, 256, (8, 8, 3), dtype=torch.uint8).numpy()
    theirs = ready(images=picture, return_tensors="pt").pixel_values
    torch.testing.assert_close(theirs[0], centred(to_tensor(picture)), atol=1e-5, rtol=0)


def test_half_the_bytes_for_weights_in_float16(tmp_path: Path) -> None:
    tower = ProjectedVision(VISION, 4).eval()
    for name, dtype in (("whole", torch.float32), ("half", torch.float16)):
        save_pictures(tmp_path / name, tower, dtype=dtype)
    sizes = [(tmp_path / n / "model.safetensors").stat().st_size for n in ("whole", "half")]
    assert sizes[1] < 0.7 * sizes[0]
    found = load_pictures(tmp_path / "half").model
    assert isinstance(found, ProjectedVision)
    pixels = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(found(pixels), tower(pixels), atol=1e-2, rtol=0)


def test_what_does_not_fit_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder"):
        load_pictures(tmp_path / "none")
    with pytest.raises(UserError, match="bert model, not one of pictures"):
        load_pictures(checkpoint.shipped())
    save_pictures(tmp_path, clip(), TOKENIZER)
    with pytest.raises(UserError, match=r"load it with fmlab\.picture_checkpoint\.load_pictures"):
        checkpoint.load(tmp_path)
    Tokenizer.of_words([f"w{number}" for number in range(90)]).save(tmp_path)
    with pytest.raises(UserError, match="the model 8"):
        load_pictures(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["vision_config"]["image_size"] = 12
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="shape"):
        load_pictures(tmp_path)
