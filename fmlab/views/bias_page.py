"""What the page of the bias audit says: results in, parts of a page out."""

from collections.abc import Sequence

from fmlab.audits.association import Association, ContrastFound
from fmlab.audits.bias import BiasAudit
from fmlab.audits.crows_pairs import CrowsPairs
from fmlab.audits.intervals import Share
from fmlab.audits.pronouns import LeftOut
from fmlab.audits.winobias import WinoBias
from fmlab.audits.winogender import PronounsOfJobs, Winogender
from fmlab.views.audit_page import AuditPage, Chart, Part, Words, provenance_rows
from fmlab.views.bias_charts import (
    PER_CENT,
    association_scale,
    choice_chart,
    estimate_bar,
    preference_bar,
    share_bar,
    shift_chart,
)

INTERVAL = "an interval of 95 % is written beside each figure and drawn as a line"
NOT_DOWNSTREAM = (
    "What a model does after it is fine-tuned. Measures inside a model do not reliably go with "
    "bias in use (Goldfarb-Tarrant et al. 2021, on word embeddings), and the data for fine-tuning "
    "explain more of it than the pretrained model does (Steed et al. 2022)."
)
PITFALLS = (
    "Whether each sentence really holds a stereotype. Many of these benchmarks' sentences are "
    "flawed, and what they measure is not always clear (Blodgett et al. 2021)."
)
SOURCES = (
    "Blodgett, Lopez, Olteanu, Sim, Wallach 2021: Stereotyping Norwegian Salmon. ACL, 1004-1015.",
    "Caliskan, Bryson, Narayanan 2017: Semantics derived automatically from language corpora "
    "contain human-like biases. Science 356. arXiv:1608.07187.",
    "Goldfarb-Tarrant, Marchant, Muñoz Sánchez, Pandya, Lopez 2021: Intrinsic Bias Metrics Do Not "
    "Correlate with Application Bias. ACL. arXiv:2012.15859.",
    "Kurita, Vyas, Pareek, Black, Tsvetkov 2019: Measuring Bias in Contextualized Word "
    "Representations. GeBNLP. arXiv:1906.07337.",
    "Nangia, Vania, Bhalerao, Bowman 2020: CrowS-Pairs. EMNLP. arXiv:2010.00133.",
    "Rudinger, Naradowsky, Leonard, Van Durme 2018: Gender Bias in Coreference Resolution. NAACL. "
    "arXiv:1804.09301.",
    "Steed, Panda, Kobren, Wick 2022: Upstream Mitigation Is Not All You Need. ACL, 3524-3542.",
    "Zhao, Wang, Yatskar, Ordonez, Chang 2018: Gender Bias in Coreference Resolution: Evaluation "
    "and Debiasing Methods. NAACL. arXiv:1804.06876.",
)


def bias_page(audit: BiasAudit) -> AuditPage:
    """Return the page of a bias audit."""
    return AuditPage(
        f"Bias audit of {audit.provenance.model}",
        [
            "A masked model fills gaps with what fits its training text. What does this one find "
            "fitting when a sentence is about women or men, or about another group of people?",
            lead(audit),
            f"Each part has its own limits; {INTERVAL}.",
        ],
        [
            crows_pairs_part(audit.crows_pairs),
            winogender_part(audit.winogender),
            winobias_part(audit.winobias),
            association_part(audit.association),
        ],
        [
            "That a model is fair. A figure near its dashed line says that this one measure found "
            "nothing.",
            NOT_DOWNSTREAM,
            "Anything in another language than English, or of people who are neither he nor she.",
            "The doubt between one training run and another: one model was measured.",
        ],
        provenance_rows(audit.provenance),
        SOURCES,
    )


def lead(audit: BiasAudit) -> str:
    """Return what was found, in one paragraph."""
    crows, jobs = audit.crows_pairs.overall, audit.winogender.worker.correlation
    said = [f"CrowS-Pairs: {against(crows.decided, 50)} of the pairs that are no ties."]
    if jobs.value is None or jobs.interval is None:
        said.append("Winogender: no correlation could be computed.")
    else:
        clear = "not clear of 0" if jobs.interval[0] <= 0 <= jobs.interval[1] else "clear of 0"
        said.append(
            f"Winogender: the model's pronouns go with the share of women in a job by a "
            f"correlation of {jobs.value:.2f}, which is {clear}."
        )
    return " ".join(said)


def against(share: Share, chance: float) -> str:
    """Return a share in words, and whether chance lies in its interval."""
    if share.percent is None or share.interval is None:
        return "no preference could be counted; there were none"
    low, high = share.interval
    where = "chance is inside the interval" if low <= chance <= high else "clear of chance"
    return (
        f"the more stereotyping sentence is likelier in {share.percent:.1f} % "
        f"({low:.1f} to {high:.1f}; {where})"
    )


def crows_pairs_part(found: CrowsPairs) -> Part:
    """Return what is said of CrowS-Pairs."""
    rows = {
        "all pairs": found.overall,
        **found.by_category,
        "shows a stereotype": found.stereo,
        "goes against one": found.antistereo,
    }
    ties = found.overall.ties
    text = [
        "Two sentences differ in the words for a group of people. All tokens that they share are "
        "hidden one by one, and the sum of their log probabilities is a sentence's score. 50 % is "
        "no preference.",
        "Scores are compared after rounding to three places, as the authors do; "
        + (
            f"{ties} pairs are ties. They count as no preference in the first chart, and are left "
            "out of the second."
            if ties
            else "no pair is a tie."
        ),
    ]
    if found.too_long:
        text.append(f"{found.too_long} pairs were left out: longer than the model can read.")
    charts = [
        Chart(
            "Pairs in which the more stereotyping sentence is the likelier one, as the authors "
            "count",
            [preference_bar(name, one) for name, one in rows.items()],
            PER_CENT,
            50,
            "per cent",
        )
    ]
    if ties:
        charts.append(
            Chart(
                "The same among pairs that are no ties",
                [share_bar(name, one.decided, "pairs") for name, one in rows.items()],
                PER_CENT,
                50,
                "per cent",
            )
        )
    return Part(
        "CrowS-Pairs: which of two sentences is likelier?",
        text,
        charts,
        limits=[
            PITFALLS,
            "Groups outside the United States, whose stereotypes these pairs are about.",
            "Which kind of bias is the worst. Nine kinds are looked at: in about four of ten "
            "audits at least one of their intervals misses 50 by chance alone.",
            "How much likelier a sentence is: a pair counts the same for a hair and for a mile.",
        ],
    )


def winogender_part(found: Winogender) -> Part:
    """Return what is said of Winogender."""
    kinds = {"the one with the job": found.worker, "the other person": found.other_person}
    return Part(
        "Winogender: do pronouns follow who works in a job?",
        [
            "A pronoun is hidden, and the probabilities of he and she (his and her, him and her) "
            "are compared. This is a fill-in variant and no test of coreference: the model never "
            "says whom a pronoun means.",
            "How much likelier she is in one job than in others is laid beside the share of women "
            "in that job in the United States (Bureau of Labor Statistics, 2015 and 2016). "
            "Sentences in which "
            "the pronoun means the other person are a control: a model that gives the same figure "
            "there reads the job's name, not whom the pronoun means.",
            "Lean is log p(she) / p(he) after the mean of all sentences with the same two "
            "pronouns is taken away: a model that always prefers he has no lean.",
            *left_out_text(found.left_out),
        ],
        [
            Chart(
                "Correlation, over jobs, of the model's lean with the share of women",
                [
                    estimate_bar(f"the pronoun means {name}", one.correlation, "jobs")
                    for name, one in kinds.items()
                ],
                (-1, 1),
                0,
                decimals=2,
            ),
            *(choice_chart(f"The pronoun means {n}", one.choice) for n, one in kinds.items()),
        ],
        [occupations_table(found.worker)],
        [
            PITFALLS,
            "A bias that is not there: the authors say that their test can show bias, but not "
            "that there is none.",
            "The world of the training text. Older text had other jobs, and other people in them.",
        ],
    )


def winobias_part(found: WinoBias) -> Part:
    """Return what is said of WinoBias."""
    kinds = {"All sentences": found.overall, **found.by_type}
    return Part(
        "WinoBias: is the pronoun that fits the stereotype likelier?",
        [
            "Two people are named by their jobs, and a pronoun means one of them. It is hidden, "
            "and the pronoun of the gender that more people in that job have is compared with the "
            "other one. This is a fill-in variant too, and no test of coreference.",
            "Type 1 needs knowledge of the world to know whom the pronoun means; in type 2 the "
            "grammar says it. A model that always prefers he is at 0 % for jobs of women and at "
            "100 % for jobs of men: that alone is no sign of a stereotype about jobs, and the "
            "shift between both kinds of jobs is then 0.",
            *left_out_text(found.left_out),
        ],
        [
            *(choice_chart(name.capitalize(), one) for name, one in kinds.items()),
            shift_chart(list(kinds.items())),
        ],
        limits=[PITFALLS],
    )


def association_part(found: Association) -> Part:
    """Return what is said of associations."""
    return Part(
        "Templates: which topics make she likelier?",
        [
            "In a sentence such as “[MASK] likes poetry.” the probabilities of she and he, woman "
            "and man, and so on are laid against the same with the topic hidden. A contrast is "
            "the mean over one list of topics minus the mean over another, in nats; above 0, the "
            "second list goes with women more than the first.",
            *(spread_text(one) for one in found.contrasts),
            *left_out_text(found.left_out),
        ],
        [
            Chart(
                f"The second minus the first of: {one.name}",
                [
                    estimate_bar("mean of all templates", one.effect, "topics"),
                    *(
                        estimate_bar(template_text(name), value, "topics")
                        for name, value in one.by_template.items()
                    ),
                ],
                association_scale(found),
                0,
                "nats",
                2,
            )
            for one in found.contrasts
        ],
        limits=[
            "The template's own part: another sentence gives another figure, and may turn its "
            "sign. So read the spread of the templates, not their mean alone.",
            "What a rare topic does: where it is several tokens to this model, as many masks "
            "stand for it in the comparison.",
        ],
    )


def spread_text(found: ContrastFound) -> str:
    """Return how far the templates of one contrast disagree."""
    if found.spread is None:
        return f"{found.name}: no figure; nothing of it could be asked."
    low, high = found.spread
    sign = "all of one sign" if low * high > 0 else "of both signs"
    pieces = f"; {len(found.in_pieces)} topics are of several tokens" if found.in_pieces else ""
    return f"{found.name}: the templates give {low:.2f} to {high:.2f} nats, {sign}{pieces}."


def occupations_table(found: PronounsOfJobs) -> Words:
    """Return the figures of each job, the most female ones by statistics first."""
    ordered = sorted(found.occupations, key=lambda one: -one.percent_female)
    return Words(
        "Each job where the pronoun means the one with it: the statistics and the model",
        ("Job", "Women, per cent", "log p(she) / p(he), nats", "Lean, nats"),
        [
            (
                one.name,
                f"{one.percent_female:.1f}",
                f"{one.she_over_he:.2f}".replace("-", "\N{MINUS SIGN}"),
                f"{one.lean:+.2f}".replace("-", "\N{MINUS SIGN}"),
            )
            for one in ordered
        ],
    )


def left_out_text(left_out: Sequence[LeftOut]) -> list[str]:
    """Return what could not be asked, a sentence for each reason; nothing if all could be."""
    by_reason: dict[str, list[LeftOut]] = {}
    for one in left_out:
        by_reason.setdefault(one.why, []).append(one)
    return [
        f"Left out, {why}: {sum(one.count for one in some)} sentences ("
        + ", ".join(f"{one.what} {one.count}" for one in some)
        + ")."
        for why, some in by_reason.items()
    ]


def template_text(template: str) -> str:
    """Return a template as a reader sees it."""
    return template.replace("{target}", "…").replace("{attribute}", "…")
