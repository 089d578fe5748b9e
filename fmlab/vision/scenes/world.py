"""Scenes of coloured shapes, what can be said of them, and what is true: all of it is known."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from fmlab.errors import UserError
from fmlab.seeds import numpy_rng

SHAPES = ("circle", "square", "triangle", "cross")
COLOURS = {
    "red": (214, 39, 40),
    "green": (44, 160, 44),
    "blue": (31, 90, 200),
    "yellow": (240, 200, 20),
    "purple": (150, 60, 190),
    "black": (20, 20, 20),
}
NUMBERS = ("no", "one", "two", "three", "four")
# What is said of the first thing, and what of the second one then.
RELATIONS = {
    "left of": "right of",
    "right of": "left of",
    "above": "below",
    "below": "above",
}
GRID = 3  # places a row


@dataclass(frozen=True)
class Thing:
    """One coloured shape.

    Attributes:
        colour: One of `COLOURS`.
        shape: One of `SHAPES`.
        row: Its place in the grid, from 0 at the top.
        column: Its place in the grid, from 0 at the left.
    """

    colour: str
    shape: str
    row: int
    column: int

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.colour} {self.shape}"


@dataclass(frozen=True)
class Scene:
    """Things in a grid: some of one kind, or two that stand in a row or a column."""

    things: tuple[Thing, ...]

    def captions(self) -> tuple[str, ...]:
        """Return all that the world's language says of it, and all of it is true."""
        first, *others = self.things
        kinds = {thing.name for thing in self.things}
        if len(kinds) == 1:
            count = len(self.things)
            ending = "" if count == 1 else "es" if first.name.endswith("s") else "s"
            return (f"{NUMBERS[count]} {first.name}{ending}",)
        second = others[0]
        if first.row == second.row:
            relation = "left of" if first.column < second.column else "right of"
        else:
            relation = "above" if first.row < second.row else "below"
        return (
            f"a {first.name} {relation} a {second.name}",
            f"a {second.name} {RELATIONS[relation]} a {first.name}",
        )

    def says(self, caption: str) -> bool:
        """Return whether a caption is true of it."""
        return caption in self.captions()


@dataclass(frozen=True)
class World:
    """Scenes at random.

    Attributes:
        seed: Where chance starts.
        skew: 0: colour and shape are independent; 1: each shape has one colour.
        noise: The share of captions that are those of another scene, as happens on the web.
        relations: The share of scenes that show two things and how they stand; the others show one
            to four things of a kind.
    """

    seed: int = 0
    skew: float = 0.0
    noise: float = 0.0
    relations: float = 0.8

    def __post_init__(self) -> None:
        """Check the knobs.

        Raises:
            UserError: One is not between 0 and 1.
        """
        for name in ("skew", "noise", "relations"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"{name} is {getattr(self, name)}; give a number from 0 to 1")

    def usual_colour(self, shape: str) -> str:
        """Return the colour that a shape has where `skew` is 1; it depends on the seed only."""
        order = numpy_rng(self.seed, "scenes", "colours").permutation(list(COLOURS))
        return str(order[SHAPES.index(shape)])

    def draw(self, count: int, *purpose: str | int) -> list[tuple[Scene, str]]:
        """Return scenes, each with a caption, from the random stream of one purpose.

        The captions' noise has a stream of its own, so that the same scenes lie under any noise.
        """
        rng = numpy_rng(self.seed, "scenes", *purpose)
        scenes = [self._scene(rng) for _ in range(count)]
        captions = [str(rng.choice(scene.captions())) for scene in scenes]
        chance = numpy_rng(self.seed, "scenes", "noise", *purpose)
        wrong = chance.random(count) < self.noise
        others = chance.integers(count, size=count)
        said = [captions[others[i]] if wrong[i] else captions[i] for i in range(count)]
        return list(zip(scenes, said, strict=True))

    def _scene(self, rng: np.random.Generator) -> Scene:
        if rng.random() < self.relations:
            return self._two_things(rng)
        colour, shape = self._kind(rng)
        places = list(product(range(GRID), repeat=2))
        chosen = rng.permutation(len(places))[: rng.integers(1, len(NUMBERS))]
        return Scene(tuple(Thing(colour, shape, *places[place]) for place in sorted(chosen)))

    def _two_things(self, rng: np.random.Generator) -> Scene:
        first = second = self._kind(rng)
        while second == first:
            second = self._kind(rng)
        same = int(rng.integers(GRID))
        one, other = (int(place) for place in rng.permutation(GRID)[:2])
        if rng.random() < 0.5:
            return Scene((Thing(*first, same, one), Thing(*second, same, other)))
        return Scene((Thing(*first, one, same), Thing(*second, other, same)))

    def _kind(self, rng: np.random.Generator) -> tuple[str, str]:
        shape = str(rng.choice(SHAPES))
        if rng.random() < self.skew:
            return self.usual_colour(shape), shape
        return str(rng.choice(list(COLOURS))), shape
