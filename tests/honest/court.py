"""Honest phones before the rules: what is credited of what was really watched, and whether a rule raises its hand.

The same pure rules as in settling, without the database, so that thousands can be heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from lms.hours.api import CURRENT_PACK, limits_for
from lms.lib.intervals import total, union
from lms.lib.localday import day_span, from_ms, local_day, to_ms
from lms.oversight.data import DaySeen, SubjectKind
from lms.oversight.registry import rules_about
from lms.player.data import SessionFacts, SessionSeen
from lms.player.witness import see
from tests.honest.phone import Phone, Visit
from tests.packages.player.world import LESSON_SECONDS, MORNING

START_MS = to_ms(MORNING)
LIMITS = limits_for(pack=CURRENT_PACK, category="group_class")


@dataclass(frozen=True, slots=True, kw_only=True)
class Honest:
    """What a situation cost honest people: `lost_permille` of the time really watched, rounded up, at the worst."""

    situation: str
    does: str
    sessions: int
    lost_permille: int
    flagged: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    watched_ms: int
    credited_ms: int
    flags: tuple[str, ...]

    @property
    def lost_ms(self) -> int:
        return max(0, self.watched_ms - self.credited_ms)


def hear(phone: Phone, *, device: str = "d") -> Heard:
    """The phone's messages, judged."""
    seen = [_seen(visit, device) for visit in phone.deliver()]
    credited = total(union(stretch.media for one in seen for stretch in one.kept))
    return Heard(phone.really_watched_ms, credited, flags_of(seen))


def flags_of(seen: list[SessionSeen]) -> tuple[str, ...]:
    """Every rule about sessions and about the learner's day that sees something."""
    day = local_day(from_ms(seen[0].started_ms))
    whole = DaySeen(learner_id=1, day=day, day_span=day_span(day, day), sessions=tuple(seen))
    found = [rule.code for rule in rules_about(SubjectKind.SESSION) for one in seen if rule.judge(one)]
    found += [rule.code for rule in rules_about(SubjectKind.LEARNER) if rule.judge(whole)]
    return tuple(found)


def _seen(visit: Visit, device: str) -> SessionSeen:
    facts = SessionFacts(
        started_ms=visit.opened_ms,
        unit_ms=LESSON_SECONDS * 1000,
        window_from_ms=0,
        window_to_ms=10**13,
        superseded_ms=visit.closed_ms,
    )
    beats = [
        beat._replace(received_ms=message.received_ms, sent_ms=message.sent_ms, sent_boot=message.sent_boot)
        for message in visit.messages
        for beat in message.beats
    ]
    return see(
        session=UUID(int=visit.opened_ms), learner_id=1, enrolment_id=1, device=device, facts=facts, beats=beats,
        limits=LIMITS,
    )  # fmt: skip


def try_many(story: Honest, live: Callable[[int], Phone]) -> Honest:
    """The story as it really went, over as many seeds as it says."""
    heard = [hear(live(seed)) for seed in range(story.sessions)]
    worst = max(-(-one.lost_ms * 1000 // one.watched_ms) for one in heard)
    return Honest(
        situation=story.situation,
        does=story.does,
        sessions=story.sessions,
        lost_permille=worst,
        flagged=sum(bool(one.flags) for one in heard),
    )
