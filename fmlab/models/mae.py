"""The masked autoencoder, from top to bottom: configuration, embeddings, encoder, decoder.

A picture is cut into patches, most of them are hidden, and the model paints what was there. The
encoder sees the visible patches alone, so that it works on a quarter of the picture; a light
decoder gets its result, a mark for each hidden patch, and the places of all.

A clip is a picture of several frames: each has its own patches, and a place in time as well.

Letters in shapes: B pictures, F frames, N patches of all frames, K of them visible.

Sources: He et al. 2022, "Masked Autoencoders Are Scalable Vision Learners", arXiv:2111.06377;
Tong et al. 2022, "VideoMAE", arXiv:2203.12602 (clips). Field names are those of Hugging Face.
"""

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from fmlab.errors import UserError
from fmlab.models.pre_norm import PreNormLayer, refuse_sizes
from fmlab.vision.patches import patchify


@dataclass(frozen=True)
class MaeConfig:
    """The sizes of a masked autoencoder. The defaults are those of MAE-Base."""

    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    image_size: int = 224
    patch_size: int = 16
    num_channels: int = 3
    num_frames: int = 1  # ours: 1 for a picture
    decoder_num_attention_heads: int = 16
    decoder_hidden_size: int = 512
    decoder_num_hidden_layers: int = 8
    decoder_intermediate_size: int = 2048
    mask_ratio: float = 0.75
    norm_pix_loss: bool = False

    def __post_init__(self) -> None:
        """Refuse sizes that cannot work.

        Raises:
            UserError: A size is not positive, the heads don't divide the hidden size, the places
                need four numbers each, or the patches don't fill the picture.
        """
        names = [field.name for field in fields(self) if field.name.endswith(("_size", "_heads"))]
        sizes = {name: getattr(self, name) for name in (*names, "num_channels", "num_frames")}
        heads, inner = self.num_attention_heads, self.decoder_num_attention_heads
        refuse_sizes(sizes, self.hidden_size, heads, self.hidden_act)
        refuse_sizes({}, self.decoder_hidden_size, inner, self.hidden_act)
        for size in (self.hidden_size, self.decoder_hidden_size):
            if size % 4:
                raise UserError(f"hidden size {size} is not a multiple of 4, as its places need")
        if self.image_size % self.patch_size:
            raise UserError(
                f"image_size {self.image_size} is not a multiple of patch_size {self.patch_size}; "
                "change one of them"
            )
        if not 0 <= self.mask_ratio < 1 or self.kept < 1:
            raise UserError(f"mask_ratio {self.mask_ratio} leaves no patch visible; lower it")

    @property
    def patches(self) -> int:
        """Patches of one frame."""
        return (self.image_size // self.patch_size) ** 2

    @property
    def kept(self) -> int:
        """Visible patches of one frame."""
        return int(self.patches * (1 - self.mask_ratio))


@dataclass(frozen=True)
class MaeOutput:
    """What a forward pass gives.

    Attributes:
        pixels: What the decoder paints for every patch, `(B, N, P * P * C)`: in the picture's own
            units, or in each patch's own ones with `norm_pix_loss`.
        mask: 1 for a hidden patch, 0 for a visible one, `(B, N)`.
        last_hidden_state: The encoder's, the class token first, `(B, 1 + K, hidden)`.
    """

    pixels: Tensor
    mask: Tensor
    last_hidden_state: Tensor


def waves(places: Tensor, size: int) -> Tensor:
    """Return sines and cosines of places, `(N, size)`: the slower, the further to the right.

    Args:
        places: `(N,)`.
        size: Numbers a place, even.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
    """
    speed = 10_000.0 ** -(torch.arange(size // 2, dtype=torch.float64) / (size // 2))
    angles = torch.outer(places.double(), speed)  # (N, size / 2)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def places_in_a_picture(side: int, size: int) -> Tensor:
    """Return what marks each place: zeros for the class token, then waves of column and row.

    Args:
        side: Patches a row.
        size: Numbers a place.

    Returns:
        `(1, 1 + side * side, size)`, fixed and not learned.
    """
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    flat = [waves(places.flatten(), size // 2) for places in (column, row)]
    table = torch.cat([torch.zeros(1, size, dtype=torch.float64), torch.cat(flat, dim=1)])
    return table.float()[None]


def shuffled(noise: Tensor, kept: int, frames: int) -> Tensor:
    """Return the numbers of the visible patches, `(B, frames * kept)`: those of the least noise.

    The same places stay visible in all frames. What is hidden is hidden as a tube through time, so
    that the model cannot copy it from the frame before (Tong et al. 2022).

    Args:
        noise: A number for each place of a frame, `(B, N / frames)`.
        kept: How many places stay visible.
        frames: F.
    """
    places = noise.argsort(dim=1)[:, :kept]  # (B, kept)
    starts = torch.arange(frames, device=noise.device) * noise.size(1)  # (F,)
    return (starts[None, :, None] + places[:, None, :]).flatten(1)


class PatchEmbeddings(nn.Module):
    """Each patch as a vector, with its place in the picture and in time."""

    position: Tensor
    time: Tensor

    def __init__(self, config: MaeConfig) -> None:
        """Make one linear map of a patch, the class token, and the fixed places."""
        super().__init__()
        size, side = config.hidden_size, config.image_size // config.patch_size
        self.config = config
        self.patch = nn.Conv2d(config.num_channels, size, config.patch_size, config.patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, size))
        self.register_buffer("position", places_in_a_picture(side, size))
        frames = waves(torch.arange(config.num_frames), size).float()
        self.register_buffer("time", frames, persistent=False)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Return `(B, N, hidden)` for pictures, `(B, C, H, W)`, or clips, `(B, F, C, H, W)`.

        Raises:
            UserError: The pictures are not of the model's size.
        """
        config = self.config
        wanted = (config.num_channels, config.image_size, config.image_size)
        if config.num_frames > 1:
            wanted = (config.num_frames, *wanted)  # type: ignore[assignment]
        if tuple(pixel_values.shape[1:]) != wanted:
            raise UserError(
                f"the pictures are {tuple(pixel_values.shape[1:])}, the model wants {wanted}; "
                "resize them"
            )
        frames = self.patch(pixel_values.reshape(-1, *wanted[-3:]))  # (B F, hidden, rows, columns)
        states = frames.flatten(2).transpose(1, 2) + self.position[:, 1:]
        if config.num_frames == 1:
            return states  # type: ignore[no-any-return]
        states = states.unflatten(0, (-1, config.num_frames)) + self.time[:, None]
        return states.flatten(1, 2)  # type: ignore[no-any-return]


def _layers(config: MaeConfig, size: int, count: int, heads: int, inner: int) -> nn.ModuleList:
    return nn.ModuleList(
        PreNormLayer(
            size,
            heads,
            inner,
            config.hidden_act,
            config.layer_norm_eps,
            config.hidden_dropout_prob,
            config.attention_probs_dropout_prob,
        )
        for _ in range(count)
    )


class Encoder(nn.Module):
    """A vision transformer that sees the visible patches alone."""

    def __init__(self, config: MaeConfig) -> None:
        """Make the embeddings, the layers and the last norm."""
        super().__init__()
        self.config = config
        self.embeddings = PatchEmbeddings(config)
        size, count = config.hidden_size, config.num_hidden_layers
        heads, inner = config.num_attention_heads, config.intermediate_size
        self.layers = _layers(config, size, count, heads, inner)
        self.norm = nn.LayerNorm(size, eps=config.layer_norm_eps)

    def forward(self, pixel_values: Tensor, visible: Tensor | None = None) -> Tensor:
        """Return the states of the class token and the visible patches, `(B, 1 + K, hidden)`.

        Args:
            pixel_values: `(B, C, H, W)` or `(B, F, C, H, W)`.
            visible: Their numbers, `(B, K)`; all if not given.
        """
        embeddings = self.embeddings
        states = embeddings(pixel_values)
        if visible is not None:
            states = states.take_along_dim(visible[..., None], dim=1)
        first = embeddings.class_token + embeddings.position[:, :1]
        states = torch.cat([first.expand(len(states), -1, -1), states], dim=1)
        for layer in self.layers:
            states, _ = layer(states)
        return self.norm(states)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """A light transformer that paints all patches from the states of the visible ones."""

    position: Tensor
    time: Tensor

    def __init__(self, config: MaeConfig) -> None:
        """Make the map from the encoder's size, the mark of a hidden patch, and the layers."""
        super().__init__()
        size, side = config.decoder_hidden_size, config.image_size // config.patch_size
        self.patches = config.patches * config.num_frames
        self.embed = nn.Linear(config.hidden_size, size)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, size))
        self.register_buffer("position", places_in_a_picture(side, size))
        frames = waves(torch.arange(config.num_frames), size).float()
        time = frames.repeat_interleave(config.patches, dim=0) * (config.num_frames > 1)
        self.register_buffer("time", time, persistent=False)  # (N, size)
        count, heads = config.decoder_num_hidden_layers, config.decoder_num_attention_heads
        self.layers = _layers(config, size, count, heads, config.decoder_intermediate_size)
        self.norm = nn.LayerNorm(size, eps=config.layer_norm_eps)
        self.pixels = nn.Linear(size, config.patch_size**2 * config.num_channels)

    def forward(self, hidden_states: Tensor, visible: Tensor) -> Tensor:
        """Return the pixels of all patches, `(B, N, P * P * C)`.

        Args:
            hidden_states: The encoder's, `(B, 1 + K, hidden)`.
            visible: The numbers of the visible patches, `(B, K)`.
        """
        states = self.embed(hidden_states)
        everywhere = self.mask_token.to(states.dtype).expand(len(states), self.patches, -1)
        index = visible[..., None].expand(-1, -1, states.size(-1))
        patches = everywhere.scatter(1, index, states[:, 1:])  # (B, N, size)
        places = self.position[:, 1:].repeat(1, self.patches // (self.position.size(1) - 1), 1)
        patches = patches + places + self.time
        states = torch.cat([states[:, :1] + self.position[:, :1], patches], dim=1)
        for layer in self.layers:
            states, _ = layer(states)
        return self.pixels(self.norm(states))[:, 1:]  # type: ignore[no-any-return]


def _start(module: nn.Module) -> None:
    """Start maps such that numbers keep their size, as the source's code does; offsets at 0."""
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.xavier_uniform_(module.weight.view(module.weight.size(0), -1))
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class Mae(nn.Module):
    """Encoder and decoder: what pretraining trains."""

    def __init__(self, config: MaeConfig) -> None:
        """Make both, and start their weights."""
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.apply(_start)
        for token in (self.encoder.embeddings.class_token, self.decoder.mask_token):
            nn.init.normal_(token, std=config.initializer_range)

    def forward(self, pixel_values: Tensor, noise: Tensor | None = None) -> MaeOutput:
        """Return what is painted, and what was hidden.

        Args:
            pixel_values: `(B, C, H, W)`, or clips, `(B, F, C, H, W)`.
            noise: A number for each patch of a frame, `(B, N / F)`: those of the most are hidden.
                Drawn from torch's own stream if not given.
        """
        config, rows = self.config, len(pixel_values)
        if noise is None:
            noise = torch.rand(rows, config.patches, device=pixel_values.device)
        visible = shuffled(noise, config.kept, config.num_frames)
        hidden_states = self.encoder(pixel_values, visible)
        mask = torch.ones(rows, config.patches * config.num_frames, device=pixel_values.device)
        mask.scatter_(1, visible, 0.0)
        return MaeOutput(self.decoder(hidden_states, visible), mask, hidden_states)

    def target(self, pixel_values: Tensor) -> Tensor:
        """Return what is to be painted: the patches, `(B, N, P * P * C)`.

        With `norm_pix_loss` each patch has mean 0 and variance 1 (He et al. 2022, section 3).
        """
        patches = patchify(pixel_values, self.config.patch_size)
        if pixel_values.dim() == 5:
            patches = patches.flatten(1, 2)
        if self.config.norm_pix_loss:
            spread = (patches.var(dim=-1, keepdim=True) + 1e-6).sqrt()
            patches = (patches - patches.mean(dim=-1, keepdim=True)) / spread
        return patches
