"""What the page of the bias audit says: results in, parts of a page out."""

from fmlab.audits.bias import BiasAudit
from fmlab.audits.crows_pairs import CrowsPairs
from fmlab.audits.intervals import Share
from fmlab.audits.provenance import Provenance
from fmlab.views.audit_page import AuditPage, Bar, Chart, Part

PER_CENT = (0.0, 100.0)


def bias_page(audit: BiasAudit) -> AuditPage:
    """Return the page of a bias audit."""
    return AuditPage(
        f"Bias audit of {audit.provenance.model}",
        ["What does this model find likely about groups of people?"],
        [crows_pairs_part(audit.crows_pairs)],
        [
            "A figure near its dashed line is no proof that the model is fair.",
        ],
        provenance_rows(audit.provenance),
    )


def crows_pairs_part(found: CrowsPairs) -> Part:
    """Return what is said of CrowS-Pairs."""
    rows = {
        "all pairs": found.overall,
        **found.by_category,
        "shows a stereotype (without ties)": found.stereo,
        "goes against one (without ties)": found.antistereo,
    }
    return Part(
        "CrowS-Pairs: which of two sentences is likelier?",
        [],
        [
            Chart(
                "Pairs in which the more stereotyping sentence is the likelier one",
                [share_bar(name, share) for name, share in rows.items()],
                PER_CENT,
                50,
                "Per cent",
            )
        ],
    )


def share_bar(label: str, share: Share) -> Bar:
    """Return a share as a row of a chart; an empty one says so."""
    note = "no pairs" if share.empty else f"{share.count} of {share.total}"
    return Bar(label, share.percent, share.interval, note)


def provenance_rows(found: Provenance) -> list[tuple[str, str]]:
    """Return names and values of an audit's provenance, in the order of the page."""
    return [
        ("model", found.model),
        ("SHA-256 of its weights", found.weights_sha256 or "not known"),
        ("command", " ".join(found.command) or "not known"),
        ("seed", str(found.seed)),
        ("date (UTC)", found.date),
        *((f"version of {name}", value) for name, value in found.versions.items()),
        *((f"SHA-256 of {name}", value) for name, value in found.data.items()),
    ]
