"""What a finished run on pictures has learned, in figures beside what needs no learning."""

from collections.abc import Sequence

from fmlab.generate_images import generate_images
from fmlab.models.clip import Clip
from fmlab.models.mae import Mae
from fmlab.picture_batches import PictureRows
from fmlab.pretrain import Pretraining
from fmlab.probes.drawing import Drawing, drawing, judge
from fmlab.probes.matching import Matching, exchanged, matching
from fmlab.probes.reconstruction import Reconstruction, reconstruction
from fmlab.vision import Picture, Pictures

AMONG = 16  # captions to choose from


def painted(run: Pretraining) -> Reconstruction | None:
    """Return how well a masked autoencoder paints held-out pictures; None where it cannot be said.

    That is where there are none, or where it paints each patch in units of its own.
    """
    rows: PictureRows | None = run.rows.valid
    if rows is None or run.config.norm_pixels:
        return None
    assert isinstance(run.model, Mae)
    return reconstruction(run.model.cpu(), rows.pixels, run.rows.train.pixels)


def matched(run: Pretraining) -> dict[str, Matching]:
    """Return how often a CLIP finds held-out captions: among others, and with words exchanged."""
    assert isinstance(run.model, Clip)
    assert isinstance(run.corpus, Pictures)
    pictures = run.corpus.split("valid")
    model, found = run.model.cpu(), {}
    if len({picture.caption for picture in pictures}) > AMONG:
        found["captions"] = matching(model, run.tokenizer, pictures, AMONG)
    if any(picture.truth.get("scene") for picture in pictures):
        found["exchanged"] = exchanged(model, run.tokenizer, pictures)
    return found


def drawn(run: Pretraining, each: int = 20, steps: int = 12, seed: int = 0) -> Drawing:
    """Return how a model of pictures as words draws what its captions ask for.

    Args:
        run: A run on digits.
        each: Pictures a caption.
        steps: Guesses a picture.
        seed: Where chance starts.
    """
    assert isinstance(run.corpus, Pictures)
    learned: Sequence[Picture] = run.corpus.split("train")
    asked = sorted({picture.caption for picture in learned}) * each
    side = run.corpus.shape[0]
    made = generate_images((run.model.cpu(), run.tokenizer), asked, side, steps, seed=seed)
    return drawing(made.pixels, asked, learned)


def told(run: Pretraining) -> list[str]:
    """Return the figures of a finished run as lines; none where there is nothing to lay beside."""
    assert isinstance(run.corpus, Pictures)
    if isinstance(run.model, Mae):
        found = painted(run)
        if found is None:
            return []
        return [
            f"held-out patches are painted with a mean squared error of {found.model:.4f}; the "
            f"mean picture gives {found.mean_image:.4f}, a copy of the nearest visible patch "
            f"{found.nearest_patch:.4f}"
        ]
    if isinstance(run.model, Clip):
        return [_matched_line(name, result) for name, result in matched(run).items()]
    if run.config.model in ("bert", "roberta", "albert") and run.corpus.captioned:
        few = run.corpus.split("train")
        if len({picture.caption for picture in few}) <= 100:
            made, at_once = drawn(run), drawn(run, steps=1)
            real = judge(run.corpus.split("valid") or few, few)
            return [
                f"{100 * made.share:.0f} % of {made.asked} drawn pictures are nearest to one of "
                f"what was asked for (chance {100 * made.chance:.0f} %, real held-out pictures "
                f"{100 * real.share:.0f} %); {made.copies} copy a learned one",
                f"they lie {made.distance:.3f} from the nearest learned one; drawn in one step "
                f"{at_once.distance:.3f}, real ones {real.distance:.3f}",
            ]
    return []


def _matched_line(name: str, result: Matching) -> str:
    low, high = result.interval
    asked = f"among {result.among}" if name == "captions" else "from the same words exchanged"
    return (
        f"the own caption is told {asked} for {100 * result.top1:.1f} % of {result.asked} held-out "
        f"pictures (95 % interval {100 * low:.0f} to {100 * high:.0f}; chance "
        f"{100 * result.chance:.1f} %)"
    )
