"""Who is what to a practice session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lms.enrolment.api import Hat, get_class_run, view_of
from lms.enrolment.data import ClassRunFacts
from lms.practice.data import NotYours, PracticeSessionFacts

_LOOKS = frozenset({Hat.BASE, Hat.TRAINER, Hat.PROVIDER, Hat.OFFICER})


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """What the person may do in the session. The trainer is the session's own, not any of the class."""

    run: ClassRunFacts
    base: bool
    trainer: bool
    provider: bool
    officer: bool

    @property
    def may_show_code(self) -> bool:
        return self.base or self.trainer

    @property
    def may_confirm(self) -> bool:
        return self.base or self.trainer

    @property
    def may_cancel(self) -> bool:
        return self.provider or self.trainer


def session_view(session: PracticeSessionFacts, *, person_id: int, day: date) -> SessionView:
    """The person's view of the session. Raises NotYours for firms, other trainers and everybody else."""
    run = get_class_run(class_run_id=session.class_run_id)
    hats = view_of(run, person_id=person_id, day=day).hats
    trainer = person_id == session.trainer_id
    if not hats & _LOOKS or (hats & _LOOKS == {Hat.TRAINER} and not trainer):
        raise NotYours(session.session_id)
    return SessionView(
        run=run,
        base=Hat.BASE in hats,
        trainer=trainer,
        provider=Hat.PROVIDER in hats,
        officer=Hat.OFFICER in hats,
    )
