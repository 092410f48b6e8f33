"""The words for states and refusals of claims. Each refusal names the rule and says what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.claims.data import RECORD_GONE, BatchState

STATE_TONES = {
    BatchState.DRAFT: "warn",
    BatchState.SUBMITTED: "brand",
    BatchState.APPROVED: "ok",
    BatchState.REFUSED: "bad",
}

SUBMIT_REFUSALS = {
    "nothing_to_claim": gettext_lazy(
        "Nobody in this claim can be paid for at this moment. "
        "See the clauses under each name, put them right and try again."
    ),
}

REVIEW_REFUSALS = {
    "own_claim": gettext_lazy("You act for the applicant, so you can't review this claim. Leave it to a colleague."),
    "reason_needed": gettext_lazy("A refusal needs a reason. The applicant will read it."),
    "not_submitted": gettext_lazy("This claim has not been submitted yet."),
    "already_decided": gettext_lazy("This claim has already been decided. The first decision stands."),
    "nothing_left": gettext_lazy(
        "No line of this claim can still be paid: the completion records behind it no longer stand. "
        "Refuse it with this reason."
    ),
    "chain_broken": gettext_lazy(
        "The ledger behind a line of this claim fails its check, so nothing can be approved. "
        "Have the platform verify the ledger of this class; the claim stays as it is until then."
    ),
    "not_approved": gettext_lazy("There is a payment file only for an approved claim."),
}


def state_label(state: BatchState) -> str:
    """The state in the caller's language."""
    return {
        BatchState.DRAFT: _("Draft"),
        BatchState.SUBMITTED: _("Under review"),
        BatchState.APPROVED: _("Approved"),
        BatchState.REFUSED: _("Refused"),
    }[state]


def line_reason(reason: str) -> str:
    """Why one line is not paid, in words; what an officer wrote stays as it was written."""
    if reason == RECORD_GONE:
        return _("The completion record behind this line no longer stands.")
    return reason
