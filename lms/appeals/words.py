"""What people read about appeals, in their own language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.appeals.data import AppealState, MoveKind, Step, UnableToAppeal

_REFUSED: dict[str, Promise] = {
    "nothing_refused": _("This stretch counts; there is nothing to appeal against."),
    "too_late": _("The time to appeal ended on %(day)s. Ask for help if something kept you from it."),
    "words_missing": _("Write in your own words what is wrong."),
    "words_too_long": _("At most %(most)s characters. Write the main point; put the rest into a file."),
    "words_unreadable": _("The text holds a character that cannot be stored. Type it again without it."),
    "file_empty": _("The file is empty. Choose another one, or send the appeal without a file."),
    "file_too_large": _("The file is larger than %(most)s MB. Take a smaller photo or PDF."),
    "file_kind": _("Only PDF, JPEG and PNG files can be read here. Take a photo of the paper instead."),
    "not_open_to_go_on": _("Only a provider's answer against you can be taken to the authority."),
    "answered_already": _("This step has been answered already; the page shows how."),
    "own_decision": _("You made or signed what is disputed here, or have answered before. Somebody else answers."),
    "verdict_missing": _("Choose whether the appeal is upheld or not."),
    "not_your_step": _("The appeal waits for somebody else's answer now."),
}
_STATES: dict[AppealState, tuple[Promise, str, str]] = {
    AppealState.PROVIDER: (_("With the provider"), "brand", "clock"),
    AppealState.ANSWERED: (_("Not upheld; you may go on"), "warn", "circle-alert"),
    AppealState.AUTHORITY: (_("With the authority"), "brand", "clock"),
    AppealState.UPHELD: (_("Upheld"), "ok", "check"),
    AppealState.REFUSED: (_("Not upheld"), "bad", "x"),
}
_MOVES: dict[MoveKind, Promise] = {
    MoveKind.LODGED: _("Appeal lodged"),
    MoveKind.WENT_ON: _("The learner took it to the authority"),
    MoveKind.ESCALATED: _("Not answered in time: it went to the authority by itself"),
    MoveKind.LAPSED: _("Not taken further in time: the provider's answer stands"),
    MoveKind.REMINDED: _("The authority was reminded"),
}
_STEPS: dict[Step, Promise] = {
    Step.PROVIDER: _("Answer of the provider"),
    Step.AUTHORITY: _("Answer of the authority"),
}


def refusal_text(refused: UnableToAppeal) -> str:
    """Why something can't be taken and what to do."""
    return str(_REFUSED[refused.code]) % refused.params


def state_words(state: AppealState) -> dict[str, str]:
    """The state with its tone and icon."""
    text, tone, icon = _STATES[state]
    return {"text": str(text), "tone": tone, "icon": icon}


def move_text(kind: MoveKind) -> str:
    """What happened."""
    return str(_MOVES[kind])


def length_text(seconds: int) -> str:
    """ "7 min" or "7 min 20 s" or "20 s"."""
    minutes, rest = divmod(seconds, 60)
    if minutes and rest:
        return gettext("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    if minutes:
        return gettext("%(minutes)s min") % {"minutes": minutes}
    return gettext("%(seconds)s s") % {"seconds": rest}


def step_text(step: Step) -> str:
    """Whose answer it is."""
    return str(_STEPS[step])
