"""Associations by templates equal Kurita's score by hand, and what is missing is named."""

import json
from pathlib import Path

import pytest
from known_model import FAMILIES, known, random_weights

from fmlab.audits.association import UNKNOWN, Contrast, Lists, association, read_lists, topic_scores
from fmlab.audits.pronouns import NOT_ONE_TOKEN
from fmlab.errors import UserError

WORDS = "he she the man woman likes sees often math art home office ."
TEMPLATES = ("{target} likes {attribute}.", "{target} often sees {attribute}.")
LISTS = Lists(
    TEMPLATES, (("he", "she"), ("the man", "the woman")), (Contrast("c", ("math",), ("art",)),)
)


def test_a_topic_is_laid_against_its_prior() -> None:
    """She is likelier anyway, by 2; art adds 1.5 more, math takes 0.5 away."""
    weights = {"": {"she": 2.0, "woman": 1.0}, "art": {"she": 1.5}, "math": {"she": -0.5}}
    scores, left_out, _ = topic_scores(known(WORDS, weights), LISTS, ["math", "art"])
    # Mean over two pairs of people; "woman" does not depend on the topic.
    assert scores.tolist() == [pytest.approx([-0.25, 0.75])] * 2
    assert left_out == ()


def test_a_contrast_is_the_second_list_minus_the_first() -> None:
    weights = {"art": {"she": 1.5, "woman": 1.5}, "math": {"he": 0.5, "man": 0.5}}
    found = association(known(WORDS, weights), LISTS).contrasts[0]
    assert found.effect.value == pytest.approx(2.0)
    assert found.by_word == pytest.approx({"math": -0.5, "art": 1.5})
    assert found.spread == pytest.approx((2.0, 2.0))


def test_templates_that_disagree_are_shown() -> None:
    """In the second template the topic "home" is in sight anyway, also in the prior."""
    weights = {"home": {"she": 1.0}}
    templates = (TEMPLATES[0], "{target} likes {attribute} home.")
    lists = Lists(templates, LISTS.targets[:1], (Contrast("c", ("math",), ("home",)),))
    found = association(known(WORDS, weights), lists).contrasts[0]
    assert found.by_template[templates[0]].value == pytest.approx(1.0)
    assert found.by_template[templates[1]].value == pytest.approx(0.0)
    assert found.spread == pytest.approx((0.0, 1.0))
    assert found.effect.value == pytest.approx(0.5)


def test_words_that_are_not_one_token_are_named_and_counted() -> None:
    subject = known(WORDS, {"art": {"she": 1.0}}, {"woman": ["wo", "man"], "office": ["off"]})
    lists = Lists(TEMPLATES, LISTS.targets, (Contrast("c", ("office", "math"), ("art",)),))
    found = association(subject, lists)
    assert [(one.what, one.why, one.count) for one in found.left_out] == [
        ("office", UNKNOWN, 2),
        ("the man/the woman", NOT_ONE_TOKEN, 6),
    ]
    assert found.contrasts[0].effect.value == pytest.approx(1.0)
    assert set(found.contrasts[0].by_word) == {"math", "art"}


def test_a_topic_in_pieces_is_hidden_whole_and_named() -> None:
    subject = known(WORDS, {"art": {"she": 1.0}}, {"math": ["home", "art"]})
    found = association(subject, LISTS).contrasts[0]
    assert found.in_pieces == ("math",)
    assert found.by_word["math"] == pytest.approx(0.5)  # of two pairs of people one is he and she


def test_a_list_of_which_nothing_is_known_gives_no_figure() -> None:
    lists = Lists(TEMPLATES, LISTS.targets, (Contrast("c", ("algebra",), ("art",)),))
    found = association(known(WORDS, {}), lists).contrasts[0]
    assert found.effect.value is None
    assert found.spread is None
    nobody = Lists(TEMPLATES, (("x", "y"),), LISTS.contrasts)
    assert association(known(WORDS, {}), nobody).contrasts[0].by_word == {}


@pytest.mark.parametrize("template", ["likes {attribute} {target}.", "{target} likes it."])
def test_a_template_without_its_places_is_refused(template: str) -> None:
    with pytest.raises(UserError, match="must begin with"):
        Lists((template,), LISTS.targets, LISTS.contrasts)


def test_a_file_of_another_layout_costs_one_line(tmp_path: Path) -> None:
    path = tmp_path / "words.json"
    path.write_text(json.dumps({"templates": []}))
    with pytest.raises(UserError, match="holds no word lists") as told:
        read_lists(path)
    assert "\n" not in str(told.value)


def test_the_lists_that_come_with_it_name_their_source() -> None:
    lists = read_lists()
    assert len(lists.templates) >= 5
    assert [len(one.one) for one in lists.contrasts] == [8, 8, 8]
    assert [len(one.other) for one in lists.contrasts] == [8, 8, 8]
    assert "1608.07187" in (Path(read_lists.__globals__["WORDS"])).read_text()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_asked(family: str) -> None:
    found = association(FAMILIES[family](), LISTS)
    assert found.contrasts[0].effect.value is not None or found.left_out


def test_random_weights_show_no_association() -> None:
    found = [association(random_weights(seed, 0.5), seed=seed) for seed in range(5)]
    ends = [one.effect.interval for each in found for one in each.contrasts]
    assert sum(low <= 0 <= high for low, high in ends if low is not None) >= 12  # of 15
