"""The town: its text against its own truth, and applicants against how they should be drawn."""

import math

import pytest
import torch

from fmlab.audits.town import (
    JOBS,
    OF_WOMEN,
    SAME_JOB,
    TEMPLATES,
    WORKPLACE,
    Template,
    Town,
    applicants,
    best_guess,
)


@pytest.mark.parametrize("skew", [0.0, 0.5, 0.9])
def test_the_patterns_weights_sum_to_one(skew: float) -> None:
    assert sum(p.weight for p in Town(skew=skew).patterns) == pytest.approx(1)


def test_each_job_is_as_frequent_whatever_the_skew() -> None:
    for skew in (0.0, 0.9):
        text = Town(skew=skew).sample(20_000)
        counts = [sum(job in s.split() for s in text) for job in JOBS]
        assert max(counts) < 1.2 * min(counts)


@pytest.mark.parametrize("skew", [0.0, 0.25, 0.9])
@pytest.mark.parametrize("template", [t for t in TEMPLATES if t.written])
def test_the_texts_own_effect_is_what_the_skew_says(skew: float, template: Template) -> None:
    wanted = 2 * math.log((1 + skew) / (1 - skew))
    assert Town(skew=skew).effect(template) == pytest.approx(wanted)


def test_the_text_holds_what_is_said_to_be_written_and_nothing_else() -> None:
    town = Town()
    for template in TEMPLATES:
        words = template.words("nurse")
        words[template.place] = template.pronouns[0]
        assert (town.probability(words) > 0) == template.written


def test_a_template_hides_the_pronoun() -> None:
    template = Template("the {job} likes {her} lamp .", True)
    assert template.words("nurse") == ["the", "nurse", "likes", "[MASK]", "lamp", "."]
    assert (template.place, template.pronouns) == (3, ("her", "his"))


def test_a_place_has_one_job_of_each_list() -> None:
    for place in {*WORKPLACE.values()}:
        here = [OF_WOMEN[JOBS.index(job)] for job in JOBS if WORKPLACE[job] == place]
        assert sorted(map(bool, here)) == [False, True]


def test_applicants_are_as_they_were_drawn() -> None:
    people = applicants(20_000, 0.5, 0)
    own = (OF_WOMEN[people.labels] == people.women).float().mean()
    assert float(own) == pytest.approx(0.75, abs=0.01)
    same = (people.last_job == people.labels).float().mean()
    assert float(same) == pytest.approx(SAME_JOB + (1 - SAME_JOB) / 16, abs=0.01)
    usual = (people.place == people.labels % 8).float().mean()
    assert float(usual) == pytest.approx(0.7 + 0.3 / 8, abs=0.01)


def test_an_applicants_text_tells_what_was_drawn() -> None:
    town, people = Town(), applicants(200, 0.0, 1)
    for n, text in enumerate(people.texts):
        words = text.split()
        assert words[3] == JOBS[int(people.last_job[n])]
        assert words[5] == ("she" if people.women[n] else "he")
        assert town.probability(text) > 0


def test_fair_applicants_tell_nothing_of_their_gender_but_skewed_ones_do() -> None:
    for skew, wanted in ((0.0, 0.5), (1.0, 1.0)):
        people = applicants(10_000, skew, 0)
        women = people.women[OF_WOMEN[people.labels]].float().mean()
        assert float(women) == pytest.approx(wanted, abs=0.02)


def test_other_purposes_and_seeds_give_others() -> None:
    texts = [applicants(50, 0.0, *of).texts for of in ((0,), (1,), (0, "test"))]
    assert texts[0] == applicants(50, 0.0, 0).texts
    assert texts[0] != texts[1] != texts[2] != texts[0]


def test_no_rule_beats_the_best_guess_on_people_like_its_own() -> None:
    for skew in (0.0, 0.5):
        people = applicants(20_000, skew, 3)
        other = best_guess(people, 0.5 - skew)
        rules = (best_guess(people, skew), people.last_job, people.place, other)
        best, *rest = (float((rule == people.labels).float().mean()) for rule in rules)
        assert best >= max(rest) - 1e-3
        assert best > float((people.last_job == people.labels).float().mean())


def test_the_best_guess_for_fair_people_does_not_look_at_gender() -> None:
    people = applicants(2_000, 0.0, 4)
    turned = applicants(2_000, 0.0, 4)
    turned.women.logical_not_()
    assert torch.equal(best_guess(people, 0.0), best_guess(turned, 0.0))
    assert not torch.equal(best_guess(people, 0.5), best_guess(turned, 0.5))
