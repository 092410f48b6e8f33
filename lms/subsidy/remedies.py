"""What stands between a clause and its fulfilment, for the person who reads the decision."""

from __future__ import annotations

from django.utils.translation import gettext as _

from lms.subsidy.data import ClauseCheck
from lms.subsidy.packs import current_pack_set


def what_to_do(*, check: ClauseCheck, programme_code: str, language: str) -> str:
    """The remedy of a clause that is not met; for an open one the facts that are missing and what proves each.

    A clause that hangs on the deciding date alone (such as the age) waits for the fact that gives that date. Nothing
    for a clause that is met.
    """
    if check.passed is not None:
        return "" if check.passed else check.fix.in_language(language)
    pack = current_pack_set().pack_for(programme_code)
    waiting = check.unknown or (pack.schemes[programme_code].decided_by,)
    needed = [
        _("%(fact)s (by: %(evidence)s)")
        % {"fact": fact.label.in_language(language), "evidence": fact.evidence.in_language(language)}
        for fact in (pack.facts[name] for name in waiting if name in pack.facts)
    ]
    words = _(
        "Still needed: %(facts)s. Once it is on record the decision is taken anew by itself. "
        "If nothing moves for long, ask through Help."
    )
    return words % {"facts": "; ".join(needed) if language == "en" else "；".join(needed)}
