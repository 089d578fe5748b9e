"""A scene as pixels: each shape is a rule that says which points belong to it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fmlab.vision.picture import Pixels
from fmlab.vision.scenes.world import COLOURS, GRID, Scene

Points = NDArray[np.float64]
PAPER = 240  # the ground, nearly white
FINE = 4  # points a pixel, in each direction, of which the mean is taken

# Whether a point belongs to a shape that reaches from -1 to 1; x goes right, y goes down.
RULES: dict[str, Callable[[Points, Points], NDArray[np.bool_]]] = {
    "circle": lambda x, y: x**2 + y**2 <= 1,
    "square": lambda x, y: np.maximum(abs(x), abs(y)) <= 0.85,
    "triangle": lambda x, y: (abs(x) <= (y + 1) / 2) & (y <= 1),
    "cross": lambda x, y: (np.minimum(abs(x), abs(y)) <= 0.35) & (np.maximum(abs(x), abs(y)) <= 1),
}


def paint(scene: Scene, side: int, rng: np.random.Generator) -> Pixels:
    """Return a scene as a picture, `(side, side, 3)`; its edges are smooth.

    Args:
        scene: What is shown.
        side: In pixels.
        rng: Moves each thing a little from the middle of its place, and changes its size a little.
    """
    ticks = (np.arange(side * FINE) + 0.5) / FINE
    x, y = np.meshgrid(ticks, ticks)
    picture = np.full((side * FINE, side * FINE, 3), PAPER, dtype=np.float64)
    cell = side / GRID
    for thing in scene.things:
        radius = cell * rng.uniform(0.34, 0.42)
        across, down = cell * rng.uniform(-0.07, 0.07, size=2)
        middle_x, middle_y = (thing.column + 0.5) * cell + across, (thing.row + 0.5) * cell + down
        inside = RULES[thing.shape]((x - middle_x) / radius, (y - middle_y) / radius)
        picture[inside] = COLOURS[thing.colour]
    fine = picture.reshape(side, FINE, side, FINE, 3)
    pixels: Pixels = np.rint(fine.mean(axis=(1, 3))).astype(np.uint8)
    return pixels
