"""Digits, clips and scenes: their truth, their splits, and that a seed decides all."""

import numpy as np
import pytest

from fmlab.errors import UserError
from fmlab.vision import Pictures, load
from fmlab.vision.moving_digits import SIDE, bounced, draw
from fmlab.vision.picture import Picture
from fmlab.vision.scenes import Scene, Thing, World, paint
from fmlab.vision.scenes.world import COLOURS, SHAPES
from fmlab.vision.transforms import to_levels


@pytest.fixture(scope="module")
def digits() -> Pictures:
    return load("digits")


def test_digits_have_seventeen_shades_and_know_what_they_are(digits: Pictures) -> None:
    assert len(digits.documents) == 1797
    assert digits.shape == (8, 8, 1)
    first = digits.documents[0]
    assert to_levels(first.pixels, 17)[0, :, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert (first.truth["digit"], first.caption) == (0, "the digit zero")
    assert {d.truth["digit"] for d in digits.split("valid")} == set(range(10))
    assert all(d.licence and d.source and len(d.sha256) == 64 for d in digits.documents)


def test_copies_share_a_split_and_a_picture_stays_in_its_own(digits: Pictures) -> None:
    parts = [{d.sha256 for d in digits.split(s)} for s in ("train", "valid", "test")]
    assert not parts[0] & parts[1] | parts[1] & parts[2] | parts[0] & parts[2]
    assert 0.08 < len(digits.split("valid")) / len(digits.documents) < 0.12
    fewer = load("digits", max_pictures=600)
    assert [d.split for d in fewer.documents] == [d.split for d in digits.documents[:600]]
    assert fewer.sha256 != digits.sha256 == load("digits").sha256


def test_a_digit_walks_straight_and_turns_back_at_the_walls() -> None:
    start, speed = np.array([[0, 3]]), np.array([[2, -1]])
    places = [bounced(start, speed, time, SIDE + 5)[0].tolist() for time in range(7)]
    assert places == [[0, 3], [2, 2], [4, 1], [4, 0], [2, 1], [0, 2], [2, 3]]
    dot = np.full((SIDE, SIDE, 1), 9, dtype=np.uint8)
    clip = draw([dot], start, speed, 3, SIDE + 5)
    assert clip[1, 2 : 2 + SIDE, 2 : 2 + SIDE].min() == 9
    assert clip.sum() == 3 * dot.sum()
    with pytest.raises(UserError, match="does not start within"):
        draw([dot], np.array([[6, 0]]), speed, 3, SIDE + 5)


def test_clips_show_digits_of_their_own_split_and_can_be_drawn_again(digits: Pictures) -> None:
    clips = load("moving-digits", size=20, frames=4, digits=2, seed=3)
    assert clips.shape == (4, 16, 16, 1)
    assert [len(clips.split(s)) for s in ("train", "valid", "test")] == [16, 2, 2]
    for split in ("train", "valid"):
        pixels = {d.pixels.tobytes() for d in digits.split(split)}
        clip = clips.split(split)[0]
        alone = load("moving-digits", size=20, frames=4, digits=1, seed=3).split(split)[0]
        row, column = alone.truth["starts"][0]
        first = alone.pixels[0, row : row + SIDE, column : column + SIDE]
        assert first.tobytes() in pixels
        assert len(clip.truth["digits"]) == 2
        assert clip.truth["speeds"].any(axis=1).all()
    assert load("moving-digits", size=20, frames=4, digits=2, seed=3).sha256 == clips.sha256
    assert load("moving-digits", size=20, frames=4, digits=2, seed=4).sha256 != clips.sha256


def test_what_a_scene_says_is_true_from_both_sides() -> None:
    left, right = Thing("red", "circle", 1, 0), Thing("blue", "square", 1, 2)
    scene = Scene((left, right))
    assert scene.captions() == (
        "a red circle left of a blue square",
        "a blue square right of a red circle",
    )
    assert Scene((right, left)).says("a red circle left of a blue square")
    assert not scene.says("a blue square left of a red circle")
    above = Scene((Thing("red", "circle", 0, 1), Thing("red", "cross", 2, 1)))
    assert above.captions()[0] == "a red circle above a red cross"
    three = Scene(tuple(Thing("green", "cross", 0, column) for column in range(3)))
    assert three.captions() == ("three green crosses",)
    assert Scene((left,)).captions() == ("one red circle",)


def test_a_painted_thing_has_its_colour_at_its_place() -> None:
    scene = Scene((Thing("red", "square", 0, 2), Thing("blue", "circle", 2, 2)))
    pixels = paint(scene, 24, np.random.default_rng(0))
    assert tuple(pixels[4, 20]) == COLOURS["red"]
    assert tuple(pixels[20, 20]) == COLOURS["blue"]
    assert tuple(pixels[12, 4]) == (240, 240, 240)
    shapes = [paint(Scene((Thing("red", s, 1, 1),)), 24, np.random.default_rng(0)) for s in SHAPES]
    assert len({s.tobytes() for s in shapes}) == len(SHAPES)


def test_captions_of_the_set_are_true_without_noise_and_some_are_not_with_it() -> None:
    clean = load("scenes", size=300, seed=1)
    assert all(d.truth["scene"].says(d.caption) for d in clean.documents)
    noisy = load("scenes", size=300, seed=1, noise=0.3)
    wrong = [not d.truth["scene"].says(d.caption) for d in noisy.documents]
    assert 0.2 < sum(wrong) / 300 < 0.4
    assert [d.pixels.tobytes() for d in clean.documents] == [
        d.pixels.tobytes() for d in noisy.documents
    ]


def test_skew_ties_a_shape_to_its_colour() -> None:
    def colours(skew: float) -> list[int]:
        world = World(seed=2, skew=skew)
        things = [t for scene, _ in world.draw(400, "test") for t in scene.things]
        return [len({t.colour for t in things if t.shape == shape}) for shape in SHAPES]

    assert colours(1.0) == [1] * len(SHAPES)
    assert colours(0.0) == [len(COLOURS)] * len(SHAPES)
    usual = World(seed=2, skew=0.8)
    things = [t for scene, _ in usual.draw(400, "test") for t in scene.things]
    share = np.mean([t.colour == usual.usual_colour(t.shape) for t in things])
    assert 0.7 < share < 0.95


def test_scenes_count_and_relate_as_asked() -> None:
    counted = load("scenes", size=60, relations=0.0)
    assert {d.caption.split()[0] for d in counted.documents} == {"one", "two", "three", "four"}
    for picture in counted.documents:
        scene = picture.truth["scene"]
        assert len({(t.row, t.column) for t in scene.things}) == len(scene.things)
    related = load("scenes", size=60, relations=1.0)
    assert all(len(d.truth["scene"].things) == 2 for d in related.documents)


@pytest.mark.parametrize(
    ("name", "options", "word"),
    [
        ("nonsense", {}, "unknown pictures"),
        ("digits:x", {}, "unknown pictures"),
        ("pictures", {}, "needs to know which"),
        ("digits", {"colour": 1}, "no option 'colour'"),
        ("digits", {"max_pictures": 0}, "max_pictures"),
        ("scenes", {"skew": 2}, "skew"),
        ("scenes", {"size": 3}, "size"),
        ("moving-digits", {"side": 8}, "side"),
        ("moving-digits", {"frames": 1}, "frames"),
    ],
)
def test_bad_input_gets_one_line(name: str, options: dict[str, object], word: str) -> None:
    with pytest.raises(UserError, match=word) as caught:
        load(name, **options)
    assert "\n" not in str(caught.value)


def test_pictures_must_be_of_one_size_and_splits_have_three_names(digits: Pictures) -> None:
    one = digits.documents[0]
    other = Picture("x", one.pixels[:4], "", "ours", "test", "0", "train")
    with pytest.raises(UserError, match="different sizes"):
        Pictures("mixed", (one, other))
    with pytest.raises(UserError, match="holds no picture"):
        Pictures("none", ())
    with pytest.raises(UserError, match="unknown split"):
        digits.split("dev")
