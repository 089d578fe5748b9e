"""What the page of the privacy audit says: results in, parts of a page out."""

import math

from fmlab.audits.exposure import Exposure
from fmlab.audits.extraction import Extraction
from fmlab.audits.membership import FALSE_ALARMS
from fmlab.audits.privacy import Attack, Canary, PrivacyAudit
from fmlab.views.audit_page import AuditPage, Bar, Chart, Part, Words, provenance_rows

NOT_MEMBERSHIP = (
    "Membership alone. Whole documents were held out, so members and others differ in author and "
    "style too. A fair test would draw both from one pot (Duan et al. 2024)."
)
BLIND = (
    "That both sides are alike where the first score finds nothing. It sees how frequent words "
    "are, and no style, topic or grammar."
)
SOURCES = (
    "Carlini, Liu, Erlingsson, Kos, Song 2019: The Secret Sharer. USENIX Security. "
    "arXiv:1802.08232.",
    "Carlini, Chien, Nasr, Song, Terzis, Tramèr 2022: Membership Inference Attacks From First "
    "Principles. IEEE S&P. arXiv:2112.03570.",
    "Duan et al. 2024: Do Membership Inference Attacks Work on Large Language Models? "
    "arXiv:2402.07841.",
    "Mireshghallah, Goyal, Uniyal, Berg-Kirkpatrick, Shokri 2022: Quantifying Privacy Risks of "
    "Masked Language Models Using Membership Inference Attacks. EMNLP. arXiv:2203.03929.",
    "Yeom et al. 2018: Privacy Risk in Machine Learning: Analyzing the "
    "Connection to Overfitting. arXiv:1709.01604.",
)


def privacy_page(audit: PrivacyAudit) -> AuditPage:
    """Return the page of a privacy audit."""
    return AuditPage(
        f"Privacy audit of {audit.provenance.model}",
        [
            "A model is made from text. What can somebody who has the model, but not the text, "
            "tell of that text?",
            lead(audit),
            "Each part has its own limits; an interval of 95 % is written beside each figure and "
            "drawn as a line.",
        ],
        [membership_part(audit), canary_part(audit)],
        [
            "That a model is safe. Attacks that fail here are simple ones; stronger ones train "
            "many models of the same kind (Carlini et al. 2022).",
            "Whether personal data is in the text, and whether anybody agreed to its use.",
            "A guarantee. Only training with differential privacy gives one, and that for a "
            "secret that stands in the text once.",
        ],
        provenance_rows(audit.provenance),
        SOURCES,
    )


def lead(audit: PrivacyAudit) -> str:
    """Return what was found, in one paragraph."""
    best = max((a for a in audit.attacks if a.uses_model), key=lambda attack: attack.result.auc)
    blind = next(attack for attack in audit.attacks if not attack.uses_model)
    low, high = best.result.auc_interval
    clear = "not clear of chance" if low <= 0.5 <= high else "clear of chance"
    return (
        f"Of the attacks tried, “{best.name}” tells pieces that were trained on from others best: "
        f"an area of {best.result.auc:.2f} ({low:.2f} to {high:.2f}; {clear}, which is 0.5). "
        f"Without asking the model at all it is {blind.result.auc:.2f}. {canary_lead(audit)}"
    )


def canary_lead(audit: PrivacyAudit) -> str:
    """Return what was found of the canary, in a sentence."""
    if audit.canary is None:
        return f"Canaries: {audit.no_canary}."
    best = max(audit.canary.exposures, key=lambda one: one.bits)
    return (
        f"The canary that was planted {audit.canary.repeated} times is exposed by {best.bits:.1f} "
        f"of at most {best.most_bits:.1f} bits."
    )


def membership_part(audit: PrivacyAudit) -> Part:
    """Return what is said of membership inference."""
    first = audit.attacks[0].result
    fewest, median, most = audit.tokens
    text = [
        f"{first.members} pieces of the training text ({audit.corpus}, {first.member_groups} "
        f"documents) lie beside {first.others} pieces of held-out text ({first.other_groups} "
        f"documents). They are pairs of the same length: {fewest} to {most} tokens, {median} in "
        "the middle. Each piece gets a score, and those above a threshold are called members.",
        "The first score asks no model: it is how frequent a piece's words are in other documents "
        "of the training text. If it tells the sides apart, they differ in more than membership. "
        "Taking it away from the model's loss leaves what the model knows beyond the words.",
        epochs_text(audit),
    ]
    if audit.repeated or audit.unmatched:
        text.append(
            f"Left out: {audit.repeated} held-out paragraphs that stand in the training text word "
            f"for word, and {audit.unmatched} pieces without a partner of the same length."
        )
    limits = [NOT_MEMBERSHIP, BLIND]
    if not first.resolved:
        limits.append(
            f"One false alarm in a hundred: with {first.others} others it means none at all."
        )
    asked = sum(attack.uses_model for attack in audit.attacks)
    limits.append(
        f"A choice made beforehand: the best of {asked} attacks looks better than it is, for it is "
        "the best by luck as well."
    )
    limits.append(
        "The interval's own doubt: it comes from drawing whole documents again, and of "
        f"{first.other_groups} held-out ones it is rough."
    )
    return Part(
        "Membership: can one tell what was trained on?",
        text,
        [auc_chart(audit.attacks), found_chart(audit.attacks)],
        [documents_table(audit)],
        limits,
    )


def epochs_text(audit: PrivacyAudit) -> str:
    """Return how much of the training text the model has read."""
    if audit.epochs is None:
        return "The run does not say how often it read its text."
    if audit.epochs < 1:
        return (
            f"The run read {100 * audit.epochs:.0f} % of its text, so some pieces called members "
            "were never read: the figures are lower than they should be."
        )
    return f"The run read its text {audit.epochs:.2f} times."


def auc_chart(attacks: tuple[Attack, ...]) -> Chart:
    """Return the areas under the curves."""
    return Chart(
        "Area under the curve: how often a piece that was trained on scores above one that was not",
        [
            Bar(a.name, a.result.auc, a.result.auc_interval, f"{a.result.members} pairs")
            for a in attacks
        ],
        (0, 1),
        0.5,
        decimals=2,
    )


def found_chart(attacks: tuple[Attack, ...]) -> Chart:
    """Return the shares found at few false alarms."""
    bars = []
    for attack in attacks:
        found, (low, high) = attack.result.found, attack.result.found_interval
        count = f"{round(found * attack.result.members)} of {attack.result.members}"
        bars.append(Bar(attack.name, 100 * found, (100 * low, 100 * high), count))
    highest = max(end for bar in bars for end in bar.interval or ())
    return Chart(
        f"Pieces found at {100 * FALSE_ALARMS:.0f} % false alarms; chance finds as many",
        bars,
        (0, max(10, 10 * math.ceil(highest / 10))),
        100 * FALSE_ALARMS,
        "per cent",
    )


def documents_table(audit: PrivacyAudit) -> Words:
    """Return the mean loss of each held-out document, and where it lies among the others."""
    members = [one.loss for one in audit.documents if one.member]
    return Words(
        "Held-out documents: their loss among that of the training documents",
        ("Document", "Pieces", "Loss, nats a token", "Training documents with a lower loss"),
        [
            (
                one.title,
                str(one.pieces),
                f"{one.loss:.2f}",
                f"{sum(loss < one.loss for loss in members)} of {len(members)}",
            )
            for one in audit.documents
            if not one.member
        ],
    )


def canary_part(audit: PrivacyAudit) -> Part:
    """Return what is said of canaries."""
    heading = "Canaries: is a planted secret known?"
    if audit.canary is None:
        return Part(
            heading,
            [
                f"Not asked: {audit.no_canary}. Without a sentence whose random part is known, "
                "there is no list of sentences to rank it in."
            ],
            limits=["Whether the model keeps any secret of its text."],
        )
    canary = audit.canary
    return Part(
        heading,
        [
            f"The run planted “{canary.exposures[0].canary}” {canary.repeated} times. Its digits "
            "were drawn at random, so only the training text can tell them. The model ranks all "
            "sentences of this form; the exposure is log2 of their number minus log2 of the "
            "canary's rank. One that was never planted has 1.44 bits on average."
        ],
        [exposure_chart(canary)],
        [extraction_table(canary)],
        [
            "What the model keeps of sentences that were not planted.",
            "That a secret which is not extracted is safe: it stands at its rank in the list.",
        ],
    )


def exposure_chart(canary: Canary) -> Chart:
    """Return the exposure in each way in which the model was asked."""
    return Chart(
        "Exposure in bits; the scale ends at the most possible",
        [
            Bar(way(one), one.bits, one.interval, f"rank {one.rank:,.0f} of {one.size:,}")
            for one in canary.exposures
        ],
        (0, canary.exposures[0].most_bits),
        1.44,
        "bits",
    )


def extraction_table(canary: Canary) -> Words:
    """Return what the model puts into the empty slots."""
    return Words(
        "What the model puts into the slots",
        ("Asked", "Best guess of a search", "Slots right, greedy", "Canary's place in the search"),
        [
            (
                way(one),
                one.beam[0].text,
                f"{one.right} of {one.slots}",
                f"not among {len(one.beam)}" if one.place is None else str(one.place),
            )
            for one in canary.extractions
        ],
    )


def way(asked: Exposure | Extraction) -> str:
    """Return how the model was asked, in words."""
    return "from left to right" if asked.causal else "filling gaps"
