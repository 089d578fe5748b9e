"""The sweep behind the lab on bias: many skews, doses and seeds, made once and kept.

    python -m fmlab.audits.town_sweep

writes `fmlab/assets/town_sweep.json`, in some minutes on one core. Each point is one pretrained
model: what was measured inside it, its loss on held-out text, and the gaps of the classifiers made
from it. Anybody can make one point anew by `measure` and compare.
"""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fmlab.audits.by_template import effect
from fmlab.audits.counterfactual import augment, swap_gender
from fmlab.audits.town import JOBS, OF_WOMEN, Applicants, Town, applicants
from fmlab.audits.town_models import Sizes, TownModels
from fmlab.audits.tpr_gap import tpr_gap
from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.models.bert import BertForPreTraining

SWEEP = Path(__file__).resolve().parents[1] / "assets" / "town_sweep.json"
SKEWS = (0.0, 0.25, 0.5, 0.75, 0.9)
DOSES = (0.0, 0.25, 0.5, 1.0)
STRONG = 0.9
"""The skew of the text that is augmented."""
SKEWED_LABELS = 0.5
SEEDS = tuple(range(10))
HELD_OUT = 300
ROUTES = ("frozen, fair labels", "fine-tuned, fair labels", "fine-tuned, skewed labels")


@dataclass(frozen=True)
class Point:
    """One pretrained model, measured.

    Attributes:
        skew: Of the text.
        dose: The share of the sentences that got a twin.
        seed: Of text, weights, applicants and everything else.
        effects: The effect in each template, in nats.
        losses: The loss on held-out text in nats a word: `same` is text of this skew, `fair` of
            skew 0, `number` the sentences without people.
        gaps: The gap in the direction of the stereotype by each route.
        accuracies: The share that is sorted rightly by each route.
    """

    skew: float
    dose: float
    seed: int
    effects: tuple[float, ...]
    losses: dict[str, float]
    gaps: dict[str, float]
    accuracies: dict[str, float]


def stereotype_gap(people: Applicants, predicted: Tensor) -> float:
    """Return how much oftener people are found in the jobs of their own list, -1 to 1.

    The gap of true-positive rates, women minus men, in the mean of the women's jobs, minus the
    same of the men's jobs, halved.
    """
    names = [JOBS[int(label)] for label in people.labels]
    found = [JOBS[int(label)] for label in predicted]
    gaps = tpr_gap(names, found, people.women.tolist(), True).by_class
    values = {one.label: one.gap.value for one in gaps}
    sides: list[list[float]] = [[], []]
    for job, of_women in zip(JOBS, OF_WOMEN.tolist(), strict=True):
        value = values.get(job)
        if value is None:
            raise UserError(f"nobody of one gender applies to be a {job}; test more people")
        sides[int(of_women)].append(value)
    men, women = (sum(side) / len(side) for side in sides)
    return (women - men) / 2


def held_out(skew: float) -> dict[str, list[str]]:
    """Return held-out text: of this skew, of skew 0, and the sentences without people."""
    same = Town(skew=skew).write(HELD_OUT, "held out")
    fair = Town().write(HELD_OUT, "held out")
    verbs = {w for p in Town().patterns if p.verb for w in p.slots[p.verb]}
    number = [s for s in Town().write(8 * HELD_OUT, "number") if s.split()[-2] in verbs]
    return {"same": same, "fair": fair, "number": number[:HELD_OUT]}


def pretrained(models: TownModels, skew: float, dose: float, seed: int) -> BertForPreTraining:
    """Return the model of one point."""
    sentences = Town(skew=skew).sample(models.sizes.sentences, seed)
    return models.pretrained(augment(sentences, dose, seed, swap_gender), seed)


def measure(models: TownModels, skew: float, dose: float, seed: int) -> Point:
    """Return one point of the sweep, made anew: some seconds on one core."""
    model = pretrained(models, skew, dose, seed)
    losses = {name: models.loss(model, text) for name, text in held_out(skew).items()}
    sizes = models.sizes
    test = applicants(sizes.tested, 0.0, seed, "test")
    fair = applicants(sizes.people, 0.0, seed, "labels")
    skewed = applicants(sizes.people, SKEWED_LABELS, seed, "labels")
    found = (
        models.sorted_by_features(model, fair, test),
        models.sorted_by(models.fine_tuned(model, fair, seed), test),
        models.sorted_by(models.fine_tuned(model, skewed, seed), test),
    )
    by_route = dict(zip(ROUTES, found, strict=True))
    return Point(
        skew,
        dose,
        seed,
        tuple(effect(models.scores(model), OF_WOMEN).tolist()),
        losses,
        {route: stereotype_gap(test, jobs) for route, jobs in by_route.items()},
        {r: float((jobs == test.labels).float().mean()) for r, jobs in by_route.items()},
    )


def read(path: Path = SWEEP) -> tuple[Sizes, tuple[Point, ...]]:
    """Return the sizes of the stored sweep, and its points.

    Raises:
        UserError: The file is not there or not of this layout.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        points = (Point(**one | {"effects": tuple(one["effects"])}) for one in content["points"])
        return Sizes(**content["sizes"]), tuple(points)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"{path.name} holds no sweep ({error})"
        raise UserError(f"{reason}; make it by python -m fmlab.audits.town_sweep") from error


def write(points: Sequence[Point], sizes: Sizes, path: Path = SWEEP) -> None:
    """Write a sweep, a point a line, numbers to five places."""
    rounded = json.loads(
        json.dumps([asdict(one) for one in points]), parse_float=lambda text: round(float(text), 5)
    )
    head = {
        "made_by": "python -m fmlab.audits.town_sweep",
        "made_with": f"torch {torch.__version__}, Python {platform.python_version()}, one thread",
        "sizes": asdict(sizes),
    }
    lines = ",\n".join(f"  {json.dumps(one)}" for one in rounded)
    fields = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in head.items())
    write_text(path, f'{{\n{fields},\n "points": [\n{lines}\n ]\n}}\n')


def main() -> None:
    """Make all points, and write them."""
    torch.set_num_threads(1)
    models, points = TownModels(), []
    settings = [(skew, 0.0) for skew in SKEWS] + [(STRONG, dose) for dose in DOSES if dose]
    for skew, dose in settings:
        for seed in SEEDS:
            points.append(measure(models, skew, dose, seed))
            print(points[-1], flush=True)
    write(points, models.sizes)


if __name__ == "__main__":
    main()
