"""Practice sessions for tests, through the doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lms.enrolment.data import ClassRunFacts, EnrolmentFacts
from lms.evidence.api import get_evidence
from lms.practice.api import current_code, schedule_session, sign_in, sign_out
from lms.practice.data import CodeKind, PracticeSessionFacts, SignAnswer
from tests.factories.classes import FILED_AT, FIRST_DAY, PRACTICE_UNIT, Cast, at, make_cast, make_filed_class

STARTS = at(FIRST_DAY, 9)
ENDS = at(FIRST_DAY, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A filed class with people, and one session of three hours with a break from 10:30 to 10:45."""

    cast: Cast
    run: ClassRunFacts
    learners: tuple[EnrolmentFacts, ...]
    session: PracticeSessionFacts


def make_session(
    cast: Cast,
    run: ClassRunFacts,
    *,
    starts_at: datetime = STARTS,
    ends_at: datetime = ENDS,
    breaks: tuple[tuple[datetime, datetime], ...] = (),
    now: datetime = FILED_AT,
) -> PracticeSessionFacts:
    return schedule_session(
        class_run_id=run.class_run_id,
        unit_key=PRACTICE_UNIT,
        base_id=cast.base_id,
        trainer_id=cast.trainer_id,
        starts_at=starts_at,
        ends_at=ends_at,
        breaks=breaks,
        actor_id=cast.provider_admin_id,
        now=now,
    )


def make_ground(*, names: tuple[str, ...] = ("李秀兰", "赵鹏"), with_break: bool = True) -> Ground:
    cast = make_cast()
    run, learners = make_filed_class(cast, names=names)
    pause = ((at(FIRST_DAY, 10, 30), at(FIRST_DAY, 10, 45)),) if with_break else ()
    return Ground(cast=cast, run=run, learners=learners, session=make_session(cast, run, breaks=pause))


def code_at(session_id: int, kind: CodeKind, now: datetime) -> str:
    return current_code(session_id=session_id, kind=kind, now=now).code


def come(session_id: int, learner_id: int, now: datetime) -> SignAnswer:
    """The learner scans the sign-in code that the screen shows at that moment."""
    return sign_in(code=code_at(session_id, CodeKind.IN, now), learner_id=learner_id, now=now)


def leave(session_id: int, learner_id: int, now: datetime) -> SignAnswer:
    """The learner scans the sign-out code that the screen shows at that moment."""
    return sign_out(code=code_at(session_id, CodeKind.OUT, now), learner_id=learner_id, now=now)


def after(start: datetime, **length: int) -> datetime:
    return start + timedelta(**length)


def evidence_of(evidence_id: UUID | None) -> dict[str, object]:
    """What was sealed, in values: whose, when, and what the source told."""
    assert evidence_id is not None
    found = get_evidence(evidence_id=evidence_id)
    return {
        "source": found.source,
        "learner": found.learner_id,
        "stretches": [(one.wall_from_ms, one.wall_to_ms) for one in found.stretches],
        **found.payload,
    }
