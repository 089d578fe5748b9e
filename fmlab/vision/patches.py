"""Pictures cut into square patches, and put together again."""

from torch import Tensor

from fmlab.errors import UserError


def patchify(pixels: Tensor, patch_size: int) -> Tensor:
    """Return a picture's patches, row by row, `(..., N, patch_size * patch_size * C)`.

    Within a patch the numbers go row by row too, and the channels of a pixel stand together, as in
    the code of He et al. 2022.

    Args:
        pixels: `(..., C, H, W)`: pictures, or clips with their frames before the channels.
        patch_size: The side of a patch, P; it divides H and W.

    Raises:
        UserError: The sides are no multiples of the patch.
    """
    *before, channels, height, width = pixels.shape
    if height % patch_size or width % patch_size:
        raise UserError(
            f"a picture of {height} x {width} has no whole patches of {patch_size}; resize it, or "
            "choose a patch_size that divides both sides"
        )
    rows, columns = height // patch_size, width // patch_size
    cut = pixels.reshape(-1, channels, rows, patch_size, columns, patch_size)
    cut = cut.permute(0, 2, 4, 3, 5, 1)  # (B, rows, columns, P, P, C)
    return cut.reshape(*before, rows * columns, patch_size * patch_size * channels)


def unpatchify(patches: Tensor, patch_size: int, height: int, width: int) -> Tensor:
    """Return the pictures that `patchify` cut, `(..., C, height, width)`.

    Args:
        patches: `(..., N, patch_size * patch_size * C)`.
        patch_size: The side of a patch.
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.

    Raises:
        UserError: There are not as many patches as such a picture has.
    """
    *before, count, numbers = patches.shape
    rows, columns = height // patch_size, width // patch_size
    if count != rows * columns:
        raise UserError(
            f"{count} patches of {patch_size} don't fill a picture of {height} x {width}, which "
            f"has {rows * columns}"
        )
    channels = numbers // patch_size**2
    laid = patches.reshape(-1, rows, columns, patch_size, patch_size, channels)
    laid = laid.permute(0, 5, 1, 3, 2, 4)  # (B, C, rows, P, columns, P)
    return laid.reshape(*before, channels, height, width)
