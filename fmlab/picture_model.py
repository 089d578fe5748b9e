"""From the sizes of a run on pictures to a model that knows nothing yet, and to its loss."""

from typing import Any

from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.clip import Clip, ClipConfig, ProjectedVision, TextConfig, VisionConfig
from fmlab.models.mae import Mae, MaeConfig
from fmlab.picture_batches import PictureBatch
from fmlab.picture_checkpoint import PictureModel
from fmlab.picture_objectives import captions_loss, reconstruction_loss, two_views_loss
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig


def new_picture_model(
    config: TrainConfig, shape: tuple[int, ...], tokenizer: Tokenizer | None = None
) -> PictureModel:
    """Return the model of a run before its first step; seed torch first.

    Args:
        config: The run's sizes, and its family.
        shape: Of each picture, `(H, W, C)`; of each clip, `(F, H, W, C)`.
        tokenizer: Of the captions, where they are read.

    Raises:
        UserError: The pictures are no squares, or clips that the family cannot read.
    """
    *frames, height, width, channels = shape
    if height != width:
        raise UserError(f"pictures of {height} x {width} are no squares; crop or resize them")
    if config.model == "mae":
        return Mae(_mae(config, height, channels, *frames))
    if frames:
        raise UserError(f"{config.model} reads single pictures, not clips; choose mae")
    vision = VisionConfig(
        **_tower(config), image_size=height, patch_size=config.patch_size, num_channels=channels
    )
    if tokenizer is None:
        return ProjectedVision(vision, config.hidden_size)
    text = TextConfig(
        **_tower(config),
        vocab_size=tokenizer.vocab_size,
        max_position_embeddings=config.seq_len,
        pad_token_id=tokenizer.pad_id,
        bos_token_id=tokenizer.cls_id,
        eos_token_id=tokenizer.sep_id,
    )
    return Clip(ClipConfig(text, vision, config.hidden_size))


def _mae(config: TrainConfig, side: int, channels: int, frames: int = 1) -> MaeConfig:
    """Return the sizes of a masked autoencoder: its decoder is half as wide, and shallow."""
    heads = config.num_attention_heads
    half = config.hidden_size // 2
    return MaeConfig(
        hidden_size=config.hidden_size,
        num_hidden_layers=config.num_hidden_layers,
        num_attention_heads=heads,
        intermediate_size=config.intermediate_size,
        hidden_dropout_prob=config.dropout,
        attention_probs_dropout_prob=config.dropout,
        layer_norm_eps=1e-6,
        image_size=side,
        patch_size=config.patch_size,
        num_channels=channels,
        num_frames=frames,
        decoder_num_attention_heads=1 if half % heads else heads,
        decoder_hidden_size=half,
        decoder_num_hidden_layers=config.decoder_layers,
        decoder_intermediate_size=4 * half,
        mask_ratio=config.mask_rate,
        norm_pix_loss=config.norm_pixels,
    )


def _tower(config: TrainConfig) -> dict[str, Any]:
    return {
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.num_hidden_layers,
        "num_attention_heads": config.num_attention_heads,
        "attention_dropout": config.dropout,
    }


def picture_loss(model: PictureModel, batch: PictureBatch, temperature: float) -> Tensor:
    """Return the loss of one batch, by the model's own objective; see `fmlab.picture_objectives`.

    Args:
        model: Of any family.
        batch: What one step reads.
        temperature: Of the comparison of two views; a CLIP learns its own.
    """
    if isinstance(model, Mae):
        out = model(batch.pixel_values, batch.noise)
        return reconstruction_loss(out.pixels, model.target(batch.pixel_values), out.mask)
    if isinstance(model, Clip):
        assert batch.input_ids is not None, "the pictures have no captions"
        shown = model.image_embeds(batch.pixel_values)
        said = model.text_embeds(batch.input_ids, batch.attention_mask)
        return captions_loss(shown, said, model.logit_scale)
    assert batch.other_view is not None, "the pictures have one view only"
    return two_views_loss(model(batch.pixel_values), model(batch.other_view), temperature)
