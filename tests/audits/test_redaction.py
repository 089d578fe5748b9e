"""Redaction: the check sign, finds beside Chinese letters, nothing from the network, the score."""

import socket
from typing import Any

import pytest

from fmlab.audits.planted_people import NAME, Planted, planted_people
from fmlab.audits.redaction import (
    CARD,
    EMAIL,
    KINDS,
    MOBILE,
    PHONE,
    RESIDENT_ID,
    Span,
    find,
    redact,
)
from fmlab.audits.redaction_score import redaction_score
from fmlab.audits.resident_id import SIGNS, WEIGHTS, check_sign, is_resident_id
from fmlab.errors import UserError
from fmlab.probes.units import wilson_interval

ID = "11010519491231002X"  # the standard's own example
BEFORE, AFTER = "\u8eab\u4efd\u8bc1\u53f7", "\u53f7"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("it went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_the_standards_own_examples_are_resident_numbers() -> None:
    for number in (ID, "440524188001010014", "11010519491231002x"):
        assert is_resident_id(number)


def test_the_weights_are_powers_of_two_and_the_sum_leaves_one() -> None:
    assert WEIGHTS == tuple(2 ** (17 - place) % 11 for place in range(17))
    values = [10 if sign == "X" else int(sign) for sign in ID]
    assert sum(w * v for w, v in zip((*WEIGHTS, 1), values, strict=True)) % 11 == 1


def test_every_wrong_sign_and_every_wrong_digit_is_caught() -> None:
    assert [sign for sign in SIGNS if is_resident_id(ID[:17] + sign)] == ["X"]
    for place in range(17):
        for digit in "0123456789":
            changed = ID[:place] + digit + ID[place + 1 :]
            assert is_resident_id(changed) == (changed == ID)
    assert check_sign("34052419800101001") == "X"


@pytest.mark.parametrize("text", ["", ID[:17], ID + "1", "1101051949123100AX", "a" * 18])
def test_what_has_not_18_signs_is_none(text: str) -> None:
    assert not is_resident_id(text)


def test_a_day_that_never_was_is_none() -> None:
    for birth, real in (("19490230", False), ("19990229", False), ("20000229", True)):
        first = f"110105{birth}002"
        assert is_resident_id(first + check_sign(first)) == real


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        (f"{BEFORE}{ID}{AFTER}", RESIDENT_ID, ID),
        (f"id: {ID.lower()}.", RESIDENT_ID, ID.lower()),
        (f"{BEFORE}13800138000{AFTER}", MOBILE, "13800138000"),
        ("call 138-0013-8000 now", MOBILE, "138-0013-8000"),
        ("call +86 138 0013 8000 now", MOBILE, "+86 138 0013 8000"),
        ("call 8613800138000 now", MOBILE, "8613800138000"),
        (f"{BEFORE}li.wei@example.com{AFTER}", EMAIL, "li.wei@example.com"),
        ("Write to a@mail.example.co.uk.", EMAIL, "a@mail.example.co.uk"),
        ("card 4111 1111 1111 1111 .", CARD, "4111 1111 1111 1111"),
        ("the office, +1 212 555 0123 .", PHONE, "+1 212 555 0123"),
    ],
)
def test_it_is_found_whole_and_nothing_else_is(text: str, kind: str, what: str) -> None:
    start = text.index(what)
    assert find(text) == (Span(start, start + len(what), kind),)
    found = redact(text)
    assert found.text == text.replace(what, f"<{kind}>")


@pytest.mark.parametrize(
    "text",
    [
        f"order {ID[:17]}1 .",
        f"hash a{ID} and {ID}b",
        "reading 12800138000 .",
        "serial 1380013800012 .",
        "see user@build3 line 4",
        "user@example.nosuchending",
        "@example.com",
        "nothing to see",
        "",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert find(text, (RESIDENT_ID, MOBILE, EMAIL)) == ()
    assert redact(text, (RESIDENT_ID, MOBILE, EMAIL)).text == text


def test_several_in_one_text_are_each_replaced() -> None:
    text = f"Li Wei, {ID}, 13800138000, li@example.com"
    assert redact(text).text == f"Li Wei, <{RESIDENT_ID}>, <{MOBILE}>, <{EMAIL}>"
    assert redact(text, [EMAIL]).text == f"Li Wei, {ID}, 13800138000, <{EMAIL}>"
    assert redact(text, []).text == text


def test_an_unknown_kind_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="unknown kind 'PERSON'; choose from") as caught:
        redact("x", ["PERSON"])
    assert "\n" not in str(caught.value)


def test_planted_people_are_where_they_are_said_to_be() -> None:
    texts = planted_people(3, seed=1)
    assert texts == planted_people(3, seed=1) != planted_people(3, seed=2)
    for one in texts:
        for span in one.spans:
            what = one.text[span.start : span.end]
            assert is_resident_id(what) == (span.kind == RESIDENT_ID)
    assert {span.kind for one in texts for span in one.spans} == {*KINDS, NAME}


def test_what_has_a_form_is_found_and_names_are_listed_as_missed() -> None:
    score = redaction_score(planted_people(12))
    for kind in (RESIDENT_ID, MOBILE, EMAIL, CARD):
        assert score.recall[kind].share == 1, kind
        assert score.recall[kind].interval[0] > 0.75
    assert score.recall[NAME].share == 0
    assert {missed.kind for missed in score.missed} == {NAME}
    assert len(score.missed) == 24
    assert score.precision[RESIDENT_ID].share == 1
    assert score.precision[EMAIL].share == 1


def test_the_score_of_a_hand_worked_case() -> None:
    texts = [
        Planted("ab 12 cd", (Span(3, 5, "N"),)),  # covered whole, under another label
        Planted("ab 34 cd", (Span(3, 5, "N"),)),  # covered by half
        Planted("ab 56 cd", (Span(3, 5, "N"),)),  # not covered
        Planted("nothing", ()),  # something is covered all the same
    ]
    answers = {
        texts[0].text: [Span(2, 6, "M")],
        texts[1].text: [Span(3, 4, "N")],
        texts[2].text: [],
        texts[3].text: [Span(0, 3, "N")],
    }
    score = redaction_score(texts, lambda text: answers[text])
    assert (score.recall["N"].count, score.recall["N"].total) == (1, 3)
    assert score.recall["N"].interval == wilson_interval(1, 3)
    assert (score.precision["N"].count, score.precision["N"].total) == (1, 2)
    assert score.precision["M"].share == 1
    assert [(m.what, m.left) for m in score.missed] == [("34", "4"), ("56", "56")]
    assert score.false_finds == (("N", "not"),)


def test_no_texts_and_a_span_outside_are_one_clear_line() -> None:
    with pytest.raises(UserError, match="there are no texts"):
        redaction_score([])
    with pytest.raises(UserError, match="is not inside 'ab'"):
        redaction_score([Planted("ab", (Span(1, 3, "N"),))], lambda text: [])
