"""Generated scenes with captions, in the spirit of CLEVR: shapes, colours, places and counts.

Source: Johnson et al. 2017, "CLEVR", arXiv:1612.06890 (scenes whose truth is known, to see what a
model can do and where it takes a short way).
"""

from fmlab.corpus.document import Split
from fmlab.seeds import numpy_rng
from fmlab.vision.picture import Picture, Pictures, check_count, hash_of
from fmlab.vision.scenes.paint import paint
from fmlab.vision.scenes.world import Scene, Thing, World

__all__ = ["Scene", "Thing", "World", "load", "paint"]

LICENCE = "CC0-1.0 (generated)"


def load(
    *,
    size: int = 4000,
    side: int = 24,
    skew: float = 0.0,
    noise: float = 0.0,
    relations: float = 0.8,
    seed: int = 0,
) -> Pictures:
    """Return generated scenes with captions; 90 % train, 5 % valid, 5 % test.

    Scenes are drawn independently, so the same words can occur in several splits, as in the toy
    world; their pixels differ. Skew and noise are those of training: they are in all splits.

    Args:
        size: How many.
        side: Of a picture, in pixels.
        skew: 0: colour and shape are independent; 1: each shape has one colour.
        noise: The share of captions that are those of another scene.
        relations: The share of scenes with two things and how they stand.
        seed: Where chance starts.

    Raises:
        UserError: A knob is outside its range.
    """
    check_count("size", size, 20)
    check_count("side", side, 12)
    world = World(seed, skew, noise, relations)
    held_out = max(1, round(0.05 * size))
    train = size - 2 * held_out
    call = (
        f"fmlab.vision.load('scenes', {size=}, {side=}, {skew=}, {noise=}, {relations=}, {seed=})"
    )
    rng = numpy_rng(seed, "scenes", "paint")
    pictures = []
    for number, (scene, caption) in enumerate(world.draw(size, "pictures")):
        split: Split = (
            "train" if number < train else "valid" if number < train + held_out else "test"
        )
        pixels = paint(scene, side, rng)
        title, hashed, truth = f"scene {number}", hash_of(pixels), {"scene": scene}
        pictures.append(Picture(title, pixels, caption, LICENCE, call, hashed, split, truth))
    return Pictures("scenes", tuple(pictures))
