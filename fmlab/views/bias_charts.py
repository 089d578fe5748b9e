"""The charts of the bias audit's page: results in, rows with intervals out."""

from collections.abc import Sequence

from fmlab.audits.association import Association
from fmlab.audits.crows_pairs import Preference
from fmlab.audits.intervals import Estimate, Share
from fmlab.audits.pronouns import Choice
from fmlab.views.audit_page import Bar, Chart

PER_CENT = (0.0, 100.0)


def association_scale(found: Association) -> tuple[float, float]:
    """Return one scale for all contrasts, the same length to both sides of 0."""
    ends = [
        abs(end)
        for one in found.contrasts
        for value in (one.effect, *one.by_template.values())
        for end in (value.interval or ())
    ]
    reach = max([1.0, *ends])
    return -reach, reach


def choice_chart(caption: str, found: Choice) -> Chart:
    """Return how often the pronoun that fits the stereotype is preferred."""
    return Chart(
        f"{caption}: the pronoun that fits the stereotype is likelier ({found.ties} ties)",
        [
            share_bar("all jobs", found.pro, "sentences"),
            share_bar("jobs of women: she is likelier", found.pro_of_female_jobs, "sentences"),
            share_bar("jobs of men: he is likelier", found.pro_of_male_jobs, "sentences"),
        ],
        PER_CENT,
        50,
        "per cent",
    )


def shift_chart(choices: Sequence[tuple[str, Choice]]) -> Chart:
    """Return how much likelier she is in jobs of women than in jobs of men."""
    ends = [abs(end) for _, one in choices for end in (one.shift.interval or ())]
    reach = max([1.0, *ends])
    return Chart(
        "Shift: log p(she) / p(he) in jobs of women minus that in jobs of men, within the same "
        "two pronouns",
        [estimate_bar(name, one.shift, "sentences") for name, one in choices],
        (-reach, reach),
        0,
        "nats",
        2,
    )


def preference_bar(label: str, found: Preference) -> Bar:
    """Return the authors' score as a row of a chart."""
    bar = share_bar(label, found.score, "pairs")
    ties = f", {found.ties} ties" if found.ties else ""
    return Bar(bar.label, bar.value, bar.interval, bar.note + ties)


def share_bar(label: str, share: Share, items: str) -> Bar:
    """Return a share as a row of a chart; an empty one says so."""
    note = f"no {items}" if share.empty else f"{share.count} of {share.total}"
    return Bar(label, share.percent, share.interval, note)


def estimate_bar(label: str, found: Estimate, items: str) -> Bar:
    """Return an estimate as a row of a chart; one without a value says so."""
    return Bar(label, found.value, found.interval, f"{found.items} {items}")
