"""The lesson page: what `templates/player/watch.html` needs, as ready text and plain values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from courses.data import UnitMode, UnitSpec
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import explain_reason
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.ledger.api import statement_for
from lms.ledger.data import LearningStatement
from lms.lib.intervals import Span
from lms.lib.periods import periods_text
from lms.player import texts
from lms.player.data import (
    CheckFacts,
    CheckPrompt,
    CheckResult,
    ModeProgress,
    Progress,
    Question,
    SessionNotFound,
)
from lms.player.opening import find_unit
from lms.player.progress import unit_progress
from media.api import get_media_many, sign_playback
from media.data import MediaFacts

POSTER_SECONDS = 3600


def progress_dict(found: Progress) -> dict[str, Any]:
    """The progress as pages read it: positions in seconds of the video, modes by the names of their colours."""
    return {
        "credited": _spans(found.credited),
        "pending": _spans(found.pending),
        "refused": [
            {
                "from": _seconds(part.from_ms),
                "to": _seconds(part.to_ms),
                "reason": part.reason,
                "text": explain_reason(reason=part.reason).title,
            }
            for part in found.refused
        ],
        "credited_seconds": found.credited_seconds,
        "pending_seconds": found.pending_seconds,
        "unit_seconds": found.unit_seconds,
        "today_left_seconds": found.today_left_seconds,
        "modes": [
            {
                "mode": _colour(line.mode),
                "credited_seconds": line.credited_seconds,
                "required_seconds": line.required_seconds,
            }
            for line in found.modes
        ],
        "unconfirmed_seconds": found.unconfirmed_seconds,
        "prompt": prompt_dict(found.prompt) if found.prompt else None,
        "settled_seq": found.settled_seq if found.settled_seq >= 0 else None,
        "closed": found.closed.value if found.closed else None,
    }


def prompt_dict(prompt: CheckPrompt) -> dict[str, Any]:
    """A check that waits, in the form of the heartbeat's `prompt`."""
    return {
        "kind": "presence",
        "text": _("Still learning?"),
        "id": str(prompt.check),
        "method": prompt.method.value,
        "deadline_s": prompt.answer_seconds,
    }


def check_dict(found: Question | CheckFacts) -> dict[str, Any]:
    """A check as its page sees it: the question, or the outcome with the words for it."""
    if isinstance(found, CheckFacts):
        words = {
            CheckResult.PASSED: texts.check_passed,
            CheckResult.FAILED: texts.check_missed,
            CheckResult.LAPSED: texts.check_lapsed,
        }
        return {"id": str(found.check), "result": found.result.value, "text": words[found.result]()}
    return {
        "id": str(found.check),
        "result": None,
        "kind": found.kind.value,
        "method": found.method.value,
        "round": found.round,
        "code": found.code,
        "choices": list(found.choices),
        "others": [way.value for way in found.others],
        "seconds_left": found.seconds_left,
        "spoken": found.spoken,
        "notice": found.notice,
    }


def watch_context(*, learner_id: int, enrolment_id: int, unit_key: str, now: datetime) -> dict[str, Any]:
    """Everything on the lesson page of a learner's own video unit. Raises SessionNotFound."""
    enrolment, curriculum, unit = find_unit(learner_id=learner_id, enrolment_id=enrolment_id, unit_key=unit_key)
    if unit.mode is not UnitMode.VIDEO:
        raise SessionNotFound(unit_key)
    limits = limits_for(pack=enrolment.hour_pack, category=enrolment.category)
    statement = statement_for(enrolment_id=enrolment_id, now=now)
    found = unit_progress(enrolment, curriculum, unit, statement, now=now)
    media = get_media_many(media_ids=(unit.media_id,)).get(unit.media_id) if unit.media_id else None
    length = clock_text(unit.duration_seconds)
    credited = clock_text(found.credited_seconds)
    units = _units(enrolment, curriculum.units, unit, statement, limits)
    return {
        "back_url": reverse("portal:class", args=[enrolment_id]),
        "course_title": curriculum.title,
        "enrolment_id": enrolment_id,
        "unit": {"key": unit_key, "number": unit.position, "title": unit.title, "seconds": unit.duration_seconds},
        "refusal": "" if media and media.ready else texts.media_not_ready(),
        "poster_url": _poster(media, learner_id, now),
        "progress": progress_dict(found),
        "credited": credited,
        "length": length,
        "coverage_label": _("Credited %(credited)s of %(total)s") % {"credited": credited, "total": length},
        "period_seconds": limits.period_seconds,
        "modes": [_mode_line(line, limits) for line in found.modes],
        "today_left": periods_text(found.today_left_seconds, period_seconds=limits.period_seconds),
        "checks": limits.presence_checks,
        "idle_seconds": limits.idle_prompt_seconds,
        "return_seconds": limits.presence_return_seconds,
        "notices": [],
        "units": units,
        "units_done": sum(item["done"] for item in units),
        "units_total": len(units),
        "free_seek": False,
    }


def clock_text(seconds: int) -> str:
    """1450 is "24:10", 5400 is "1:30:00"."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def _spans(spans: tuple[Span, ...]) -> list[list[int | float]]:
    return [[_seconds(start), _seconds(end)] for start, end in spans]


def _seconds(position_ms: int) -> int | float:
    """A place in the video for drawing; never an amount of hours."""
    return position_ms // 1000 if position_ms % 1000 == 0 else position_ms / 1000


def _colour(mode: str) -> str:
    return "online" if mode == UnitMode.VIDEO.value else mode


def _mode_line(line: ModeProgress, limits: HourLimits) -> dict[str, str]:
    labels = {
        UnitMode.VIDEO.value: _("Online"),
        UnitMode.LIVE.value: pgettext("kind of lesson", "Live"),
        UnitMode.PRACTICE.value: _("Practice"),
        UnitMode.MENTORING.value: _("Mentoring"),
    }
    return {
        "mode": _colour(line.mode),
        "label": labels[line.mode],
        "credited": periods_text(line.credited_seconds, period_seconds=limits.period_seconds),
        "required": periods_text(line.required_seconds, period_seconds=limits.period_seconds),
    }


def _poster(media: MediaFacts | None, learner_id: int, now: datetime) -> str:
    if media is None or not media.ready or not media.has_poster:
        return ""
    ticket = sign_playback(
        media_id=media.media_id, learner_id=learner_id, session_id="poster", now=now, lifetime_s=POSTER_SECONDS
    )
    return ticket.poster_url


def _units(
    enrolment: EnrolmentFacts,
    units: tuple[UnitSpec, ...],
    current: UnitSpec,
    statement: LearningStatement,
    limits: HourLimits,
) -> list[dict[str, Any]]:
    """Every unit of the plan with its state; practice waits for the theory where the class keeps the order."""
    credited = {line.unit_key: line.credited_seconds for line in statement.units}
    passed = {line.unit_key for line in statement.results if line.passed}
    done = {unit.unit_key for unit in units if _is_done(unit, credited, passed, limits)}
    theory_left = any(unit.unit_key not in done for unit in units if unit.mode in (UnitMode.VIDEO, UnitMode.LIVE))
    return [
        _unit_row(enrolment, unit, current, unit.unit_key in done, enrolment.order_gate and theory_left)
        for unit in units
    ]


def _is_done(unit: UnitSpec, credited: dict[str, int], passed: set[str], limits: HourLimits) -> bool:
    if unit.mode is UnitMode.ASSESSMENT:
        return unit.unit_key in passed
    percent = {
        UnitMode.VIDEO: limits.video_threshold_percent,
        UnitMode.LIVE: limits.live_threshold_percent,
        UnitMode.PRACTICE: limits.practice_threshold_percent,
    }.get(unit.mode, 100)
    return credited.get(unit.unit_key, 0) * 100 >= unit.required_seconds * percent


def _unit_row(enrolment: EnrolmentFacts, unit: UnitSpec, current: UnitSpec, done: bool, gated: bool) -> dict[str, Any]:
    locked = gated and unit.mode is UnitMode.PRACTICE and not done
    is_video = unit.mode is UnitMode.VIDEO
    name, args = (
        ("player:watch", [enrolment.enrolment_id, unit.unit_key])
        if is_video
        else ("portal:class", [enrolment.enrolment_id])
    )
    state = "now" if unit.unit_key == current.unit_key else "locked" if locked else "done" if done else "todo"
    return {
        "number": unit.position,
        "title": unit.title,
        "length": clock_text(unit.duration_seconds) if unit.duration_seconds else "",
        "state": state,
        "done": done,
        "href": reverse(name, args=args),
        "mode": _colour(unit.mode.value),
        "note": _("After the online lessons") if locked else "",
    }
