"""`python -m fmlab.bench.pictures`: what the cpu tier learns from pictures, over some seeds.

A masked autoencoder learns digits, and a CLIP generated scenes, each from several seeds. The
figures are printed beside those of what needs no learning.
"""

import argparse
import sys
from dataclasses import dataclass
from typing import Any

from fmlab import vision
from fmlab.errors import UserError
from fmlab.picture_figures import matched, painted
from fmlab.pretrain import Pretraining
from fmlab.train_config import TrainConfig
from fmlab.views.table import Table


@dataclass(frozen=True)
class Learned:
    """One run.

    Attributes:
        run: Finished.
        seconds: Of computing.
        pictures_per_second: Read while it trained, those of held-out looks left out.
    """

    run: Pretraining

    @property
    def seconds(self) -> float:
        """Of computing, looks at held-out pictures included."""
        return self.run.seconds

    @property
    def pictures_per_second(self) -> float:
        """Pictures learned from in a second."""
        config = self.run.config
        return config.steps * config.batch_size / max(self.run.seconds, 1e-9)

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        return sum(weight.numel() for weight in self.run.model.parameters())


def learn(corpus: str, seed: int, **changes: Any) -> Learned:
    """Return a finished run of the cpu tier.

    Args:
        corpus: `digits` or `scenes`.
        seed: Of the run, and of the scenes.
        changes: Sizes to set otherwise.
    """
    options = {"seed": seed} if corpus == "scenes" else {}
    config = TrainConfig.for_tier("cpu", corpus, seed=seed, **changes)
    run = Pretraining(config, vision.load(corpus, **options), device="cpu")
    for _ in run:
        pass
    return Learned(run)


def main(arguments: list[str] | None = None) -> int:
    """Print both tables; return 0, or 2 for what the user can mend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="how many runs of each")
    asked = parser.parse_args(arguments)
    try:
        print(digits_table([learn("digits", seed) for seed in range(asked.seeds)]))
        print(scenes_table([learn("scenes", seed) for seed in range(asked.seeds)]))
    except UserError as error:
        print(f"fmlab: {error}", file=sys.stderr)
        return 2
    return 0


def digits_table(runs: list[Learned]) -> Table:
    """Return how well hidden patches of held-out digits are painted."""
    rows = []
    for learned in runs:
        found = painted(learned.run)
        assert found is not None, "digits have held-out pictures"
        errors = (found.model, found.mean_image, found.nearest_patch)
        rows.append([learned.run.config.seed, *errors, *_cost(learned)])
    columns = ["seed", "painted", "mean picture", "nearest patch", *COST]
    return Table("Mean squared error of hidden patches of held-out digits", columns, rows, 4)


def scenes_table(runs: list[Learned]) -> Table:
    """Return how often the captions of held-out scenes are found."""
    rows = []
    for learned in runs:
        found = matched(learned.run)
        shares = [f"{result.top1:.3f} ({result.chance:.3f})" for result in found.values()]
        rows.append([learned.run.config.seed, *shares, *_cost(learned)])
    columns = ["seed", "1 of 16 (chance)", "words exchanged (chance)", *COST]
    return Table("Share of held-out scenes whose caption is told", columns, rows)


COST = ("seconds", "pictures/s", "parameters")


def _cost(learned: Learned) -> list[str]:
    speed = learned.pictures_per_second
    return [f"{learned.seconds:.0f}", f"{speed:,.0f}", f"{learned.parameters:,}"]


if __name__ == "__main__":
    sys.exit(main())
