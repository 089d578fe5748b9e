"""CLIP, from top to bottom: configuration, a tower for pictures, a tower for captions, the pair.

Each tower gives one vector; a picture and its caption are to point the same way, and all other
pairs of a batch elsewhere. How sharply is learned too: the temperature.

Letters in shapes: B pairs, N patches, T tokens, E numbers of the shared space.

Source: Radford et al. 2021, "Learning Transferable Visual Models From Natural Language
Supervision", arXiv:2103.00020. Field names are those of Hugging Face.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fmlab.errors import UserError
from fmlab.models.attention import may_look
from fmlab.models.pre_norm import PreNormLayer, refuse_sizes

HIGHEST = math.log(100)  # of the logarithm of the scale, as in the source's section 2.5


@dataclass(frozen=True)
class TowerConfig:
    """What both towers have. The defaults are those of the base model's captions."""

    hidden_size: int = 512
    intermediate_size: int = 2048
    num_hidden_layers: int = 12
    num_attention_heads: int = 8
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5
    attention_dropout: float = 0.0
    initializer_range: float = 0.02

    def __post_init__(self) -> None:
        """Refuse sizes that cannot work.

        Raises:
            UserError: A size is not positive, the heads don't divide the hidden size, or the
                activation is unknown.
        """
        names = ("hidden_size", "intermediate_size", "num_attention_heads", *self.more)
        sizes = {name: getattr(self, name) for name in names}
        refuse_sizes(sizes, self.hidden_size, self.num_attention_heads, self.hidden_act)

    @property
    def more(self) -> tuple[str, ...]:
        """Sizes of one kind of tower alone."""
        return ()


@dataclass(frozen=True)
class TextConfig(TowerConfig):
    """The sizes of the tower for captions.

    A caption's vector is that of its end, `eos_token_id`: the only token that has seen them all.
    """

    vocab_size: int = 49408
    max_position_embeddings: int = 77
    pad_token_id: int = 1
    bos_token_id: int = 49406
    eos_token_id: int = 49407

    @property
    def more(self) -> tuple[str, ...]:
        """Sizes of this kind of tower alone."""
        return ("vocab_size", "max_position_embeddings")


@dataclass(frozen=True)
class VisionConfig(TowerConfig):
    """The sizes of the tower for pictures."""

    hidden_size: int = 768
    intermediate_size: int = 3072
    num_attention_heads: int = 12
    num_channels: int = 3
    image_size: int = 224
    patch_size: int = 32

    def __post_init__(self) -> None:
        """Refuse sizes that cannot work.

        Raises:
            UserError: As for every tower, or the patches don't fill the picture.
        """
        super().__post_init__()
        if self.image_size % self.patch_size:
            raise UserError(
                f"image_size {self.image_size} is not a multiple of patch_size {self.patch_size}; "
                "change one of them"
            )

    @property
    def more(self) -> tuple[str, ...]:
        """Sizes of this kind of tower alone."""
        return ("num_channels", "image_size", "patch_size")


@dataclass(frozen=True)
class ClipConfig:
    """The sizes of both towers, and of the space in which they meet.

    Attributes:
        text: Of the tower for captions.
        vision: Of the tower for pictures.
        projection_dim: E.
        logit_scale_init_value: The logarithm of what cosines are multiplied with at the start:
            of 1 / 0.07.
    """

    text: TextConfig
    vision: VisionConfig
    projection_dim: int = 512
    logit_scale_init_value: float = 2.6592

    def __post_init__(self) -> None:
        """Refuse a space without numbers.

        Raises:
            UserError: It has none.
        """
        refuse_sizes({"projection_dim": self.projection_dim}, 1, 1, "gelu")


@dataclass(frozen=True)
class ClipOutput:
    """What a forward pass gives.

    Attributes:
        logits_per_image: Scale times cosine of each picture with each caption, `(B, B)`.
        image_embeds: One vector of length 1 a picture, `(B, E)`.
        text_embeds: One vector of length 1 a caption, `(B, E)`.
    """

    logits_per_image: Tensor
    image_embeds: Tensor
    text_embeds: Tensor


def _layers(config: TowerConfig) -> nn.ModuleList:
    return nn.ModuleList(
        PreNormLayer(
            config.hidden_size,
            config.num_attention_heads,
            config.intermediate_size,
            config.hidden_act,
            config.layer_norm_eps,
            attention_dropout=config.attention_dropout,
        )
        for _ in range(config.num_hidden_layers)
    )


class VisionTower(nn.Module):
    """A vision transformer: from a picture to one vector."""

    def __init__(self, config: VisionConfig) -> None:
        """Make the patches' map, the learned places, the norms and the layers."""
        super().__init__()
        self.config = config
        size, patch = config.hidden_size, config.patch_size
        self.patch = nn.Conv2d(config.num_channels, size, patch, patch, bias=False)
        self.class_token = nn.Parameter(torch.randn(size) * size**-0.5)
        self.position = nn.Embedding((config.image_size // patch) ** 2 + 1, size)
        self.first_norm = nn.LayerNorm(size, eps=config.layer_norm_eps)
        self.layers = _layers(config)
        self.norm = nn.LayerNorm(size, eps=config.layer_norm_eps)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Return the class token's last state, normalised, `(B, hidden)`.

        Args:
            pixel_values: `(B, C, H, W)`.

        Raises:
            UserError: The pictures are not of the model's size.
        """
        config = self.config
        wanted = (config.num_channels, config.image_size, config.image_size)
        if tuple(pixel_values.shape[1:]) != wanted:
            raise UserError(
                f"the pictures are {tuple(pixel_values.shape[1:])}, the model wants {wanted}; "
                "resize them"
            )
        patches = self.patch(pixel_values).flatten(2).transpose(1, 2)  # (B, N, hidden)
        first = self.class_token.expand(len(patches), 1, -1)
        states = torch.cat([first, patches], dim=1) + self.position.weight
        states = self.first_norm(states)
        for layer in self.layers:
            states, _ = layer(states)
        return self.norm(states[:, 0])  # type: ignore[no-any-return]


class TextTower(nn.Module):
    """A transformer that reads a caption from left to right: one vector, that of its end."""

    def __init__(self, config: TextConfig) -> None:
        """Make the tables, the layers and the last norm."""
        super().__init__()
        self.config = config
        self.token = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.layers = _layers(config)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Return the state of each caption's end, `(B, hidden)`.

        Args:
            input_ids: `(B, T)`.
            attention_mask: 1 for a token, 0 for padding, `(B, T)`.

        Raises:
            UserError: A caption is longer than the model has places.
        """
        rows, length = input_ids.shape
        if length > self.config.max_position_embeddings:
            raise UserError(
                f"{length} tokens, but the model has {self.config.max_position_embeddings} "
                "places; cut the captions"
            )
        causal = torch.ones(rows, dtype=torch.bool, device=input_ids.device)
        allowed = may_look(attention_mask, None, causal, length)
        states = self.token(input_ids) + self.position.weight[:length]
        for layer in self.layers:
            states, _ = layer(states, allowed)
        return self.norm(states[torch.arange(rows), self.ends(input_ids)])  # type: ignore[no-any-return]

    def ends(self, input_ids: Tensor) -> Tensor:
        """Return where each caption ends, `(B,)`.

        Checkpoints of 2021 name 2 as their end, which it isn't; theirs has the largest number.
        """
        if self.config.eos_token_id == 2:
            return input_ids.argmax(dim=1)
        return (input_ids == self.config.eos_token_id).int().argmax(dim=1)


@torch.no_grad()
def _start(tower: VisionTower | TextTower, projection: nn.Linear) -> None:
    """Start a tower as the source's code does: the deeper it is, the less each layer adds.

    With the small weights that BERT starts from, the class token of a narrow tower sees next to
    nothing of the picture, and all pictures begin as one.
    """
    config = tower.config
    wide, deep = config.hidden_size**-0.5, (2 * max(1, config.num_hidden_layers)) ** -0.5
    spreads: list[tuple[nn.Module, float]] = [(projection, wide)]
    for layer in tower.layers:
        assert isinstance(layer, PreNormLayer)
        looks = (layer.attention.query, layer.attention.key, layer.attention.value)
        spreads += [(part, wide * deep) for part in (*looks, layer.down)]
        spreads += [(layer.attention.output, wide), (layer.up, wide / 2**0.5)]
    first = tower.patch if isinstance(tower, VisionTower) else tower.token
    spreads += [(part, config.initializer_range) for part in (tower.position, first)]
    for part, spread in spreads:
        nn.init.normal_(part.get_parameter("weight"), std=spread)
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)


class ProjectedVision(nn.Module):
    """The tower for pictures alone, with its way into the shared space."""

    def __init__(self, config: VisionConfig, projection_dim: int) -> None:
        """Make the tower and one linear map without offsets."""
        super().__init__()
        self.config, self.projection_dim = config, projection_dim
        self.vision = VisionTower(config)
        self.projection = nn.Linear(config.hidden_size, projection_dim, bias=False)
        _start(self.vision, self.projection)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Return one vector a picture, of any length, `(B, E)`."""
        return self.projection(self.vision(pixel_values))  # type: ignore[no-any-return]


class Clip(nn.Module):
    """Both towers and the temperature: what pretraining trains."""

    def __init__(self, config: ClipConfig) -> None:
        """Make the towers, their ways into the shared space, and the scale."""
        super().__init__()
        self.config = config
        self.vision, self.text = VisionTower(config.vision), TextTower(config.text)
        size = config.projection_dim
        self.vision_projection = nn.Linear(config.vision.hidden_size, size, bias=False)
        self.text_projection = nn.Linear(config.text.hidden_size, size, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(config.logit_scale_init_value))
        _start(self.vision, self.vision_projection)
        _start(self.text, self.text_projection)

    def image_embeds(self, pixel_values: Tensor) -> Tensor:
        """Return one vector of length 1 a picture, `(B, E)`, for `(B, C, H, W)`."""
        return nn.functional.normalize(self.vision_projection(self.vision(pixel_values)), dim=-1)

    def text_embeds(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Return one vector of length 1 a caption, `(B, E)`, for `(B, T)`."""
        return nn.functional.normalize(
            self.text_projection(self.text(input_ids, attention_mask)), dim=-1
        )

    def forward(
        self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor | None = None
    ) -> ClipOutput:
        """Return how well each picture fits each caption.

        Args:
            pixel_values: `(B, C, H, W)`.
            input_ids: `(B, T)`.
            attention_mask: 1 for a token, 0 for padding, `(B, T)`.
        """
        image_embeds = self.image_embeds(pixel_values)
        text_embeds = self.text_embeds(input_ids, attention_mask)
        logits = self.logit_scale.exp() * image_embeds @ text_embeds.T
        return ClipOutput(logits, image_embeds, text_embeds)
