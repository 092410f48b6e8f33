"""What to tell an outside system whose delivery is not taken, in the caller's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, Promise] = {
    "signature_missing": _("Send X-Capturer (your code) and X-Signature (Ed25519 over the raw body, 128 hex digits)."),
    "signature_invalid": _(
        "No registered capturer made this signature. Sign the exact bytes of the body with the registered key."
    ),
    "source_unknown": _("There is no such kind of evidence. The schema at /api/v1/schema/ lists them."),
    "source_not_allowed": _("This capturer is not registered for this kind of evidence. Ask the platform's operator."),
    "source_differs": _("The source in the body and in the path must be the same."),
    "too_large": _("The body is larger than 256 KB. Deliver the stretches in several pieces, each under its own key."),
    "body_invalid": _("The body does not fit the schema. Unknown fields are refused."),
    "payload_invalid": _("The payload does not fit the schema of this source. Unknown fields are refused."),
    "enrolment_unknown": _("There is no such enrolment in a class that you teach or host."),
    "unit_unknown": _("The learner's curriculum has no such unit."),
    "mode_differs": _("This unit is learnt in another way and takes no evidence of this source."),
    "evidence_conflict": _(
        "This external key was already delivered with other content. Evidence never changes; use a new key."
    ),
    "external_key_invalid": _("An external key has 1 to 120 characters out of A-Z a-z 0-9 . _ : -"),
    "key_invalid": _("Codes and unit keys have 1 to 64 characters out of A-Z a-z 0-9 . _ : -"),
    "in_future": _("The delivery speaks of the future. Check the capturer's clock and send it again."),
    "captured_too_early": _("The delivery speaks of a time before the platform existed. Check the capturer's clock."),
    "too_many_stretches": _("There are too many stretches. Deliver the rest under another key."),
    "stretch_backward": _("Each stretch must end after it starts, within a day."),
    "stretch_too_long": _("A stretch is at most 24 hours long."),
    "media_half": _("media_from_ms and media_to_ms come together or not at all."),
    "media_backward": _("The media part of a stretch must end after it starts."),
    "media_missing": _("Each stretch of video needs media_from_ms and media_to_ms."),
    "media_not_allowed": _("Presence in a live class has no media times."),
    "schedule_backward": _("The schedule must end after it starts."),
    "break_backward": _("Each break must end after it starts."),
    "sign_out_before_sign_in": _("The sign-out must lie after the sign-in."),
    "stretches_differ": _("Leave stretches empty: practice counts from sign-in to sign-out."),
    "stretches_not_allowed": _("Leave stretches empty: test time never counts as hours."),
}


def explain_refusal(code: str) -> str:
    """The rule behind the code and what to do."""
    return str(_WORDS[code])


REFUSAL_CODES = frozenset(_WORDS)
