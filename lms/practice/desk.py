"""What the pages of practice show, put together from facts. Reading only."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.api import get_curriculum
from courses.data import UnitMode
from lms.accounts.api import get_organisation, get_people, get_person, roles_of
from lms.accounts.data import Role
from lms.enrolment.api import Hat, class_runs_for, enrolments_of, get_class_run, get_class_runs, view_of
from lms.enrolment.data import ClassRunState
from lms.lib.localday import local_day
from lms.lib.periods import periods_text
from lms.practice import api
from lms.practice.access import SessionView
from lms.practice.data import AttendanceFacts, AttendanceState, CodeKind, NotYours, PracticeSessionFacts, ShownCode
from lms.practice.forms import ScheduleChoices
from lms.practice.models import Correction

DESK_ROLES = frozenset({Role.BASE_STAFF, Role.TRAINER, Role.PROVIDER_ADMIN, Role.OFFICER})

# state -> (words, tone, icon)
_STATES: dict[AttendanceState, tuple[object, str, str]] = {
    AttendanceState.EXPECTED: (gettext_lazy("Not here yet"), "warn", "clock"),
    AttendanceState.ABSENT: (gettext_lazy("Did not come"), "bad", "circle-x"),
    AttendanceState.TO_CONFIRM: (gettext_lazy("To be confirmed by staff"), "warn", "user-check"),
    AttendanceState.PRESENT: (gettext_lazy("Here"), "ok", "circle-check"),
    AttendanceState.MISSING_OUT: (gettext_lazy("No sign-out: counts as 0"), "bad", "clock-alert"),
    AttendanceState.TO_SIGN_OFF: (gettext_lazy("Waits for the trainer's sign-off"), "warn", "clipboard-pen"),
    AttendanceState.COUNTED: (gettext_lazy("Handed to the ledger"), "ok", "badge-check"),
    AttendanceState.CANCELLED: (gettext_lazy("Session cancelled"), "", "ban"),
}


def day_context(*, person_id: int, day: date, now: datetime) -> dict[str, Any]:
    """The sessions of a day that the person has to do with, and the classes for which he may add one."""
    memberships = roles_of(person_id=person_id, day=local_day(now))
    bases = [one.organisation_id for one in memberships if one.role is Role.BASE_STAFF]
    runs = {run.class_run_id: run for run in class_runs_for(trainer_id=person_id)}
    for one in memberships:
        if one.role is Role.PROVIDER_ADMIN:
            runs |= {run.class_run_id: run for run in class_runs_for(organisation_id=one.organisation_id)}
    sessions = {one.session_id: one for one in api.sessions_for(base_ids=bases, day=day)} if bases else {}
    sessions |= {one.session_id: one for one in api.sessions_for(trainer_id=person_id, day=day)}
    for class_run_id in runs:
        sessions |= {one.session_id: one for one in api.sessions_for(class_run_id=class_run_id, day=day)}
    known = {**runs, **get_class_runs(class_run_ids={one.class_run_id for one in sessions.values()})}
    ordered = sorted(sessions.values(), key=lambda one: (one.starts_at, one.session_id))
    people = get_people(person_ids={one.trainer_id for one in ordered})
    return {
        "day": day,
        "today": local_day(now),
        "previous": day - timedelta(days=1),
        "following": day + timedelta(days=1),
        "sessions": [
            {
                "facts": one,
                "run": known[one.class_run_id],
                "trainer": people[one.trainer_id].name,
                "phase": _phase(one, now),
            }
            for one in ordered
        ],
        "runs": [
            run
            for run in runs.values()
            if run.base_id
            and run.state_on(local_day(now)) not in {ClassRunState.CANCELLED, ClassRunState.TEACHING_DONE}
        ],
    }


def schedule_choices(*, class_run_id: int, person_id: int, now: datetime) -> ScheduleChoices:
    """What a new session of the class may be. Raises NotYours for people who may not schedule, or without a base."""
    run = get_class_run(class_run_id=class_run_id)
    view = view_of(run, person_id=person_id, day=local_day(now))
    if run.base_id is None or not (view.may_arrange or Hat.TRAINER in view.hats):
        raise NotYours(class_run_id)
    units = get_curriculum(curriculum_id=run.curriculum_id).units
    trainers = get_people(person_ids=run.trainer_ids)
    return ScheduleChoices(
        run=run,
        units={unit.unit_key: unit.title for unit in units if unit.mode is UnitMode.PRACTICE},
        trainers={person_id: facts.name for person_id, facts in sorted(trainers.items())},
        base_id=run.base_id,
        base_name=get_organisation(organisation_id=run.base_id).name,
    )


def session_context(
    session: PracticeSessionFacts, *, view: SessionView, person_id: int, now: datetime
) -> dict[str, Any]:
    """The desk of one session."""
    rows = _rows(session, now)
    corrections = api.corrections_of(session_id=session.session_id)
    names = get_people(person_ids={one.proposed_by_id for one in corrections} | {one.learner_id for one in corrections})
    return {
        "session": session,
        "run": view.run,
        "view": view,
        "base": get_organisation(organisation_id=session.base_id),
        "trainer": person_name(session.trainer_id),
        "periods": periods_of(session),
        "phase": _phase(session, now),
        "rows": rows,
        "may_sign_off": view.trainer and any(row["may_be_signed_off"] for row in rows),
        "may_propose": view.may_confirm and now >= session.ends_at,
        "counts": _counts(rows),
        "corrections": [
            {
                "facts": one,
                "name": names[one.learner_id].name,
                "by": names[one.proposed_by_id].name,
                "may_decide": one.approved is None
                and (view.may_confirm or view.provider)
                and one.proposed_by_id != person_id,
            }
            for one in corrections
        ],
    }


def learner_context(session: PracticeSessionFacts, *, person_id: int, now: datetime) -> dict[str, Any]:
    """One session as a learner on its roster sees it. Raises NotYours for everybody else."""
    return {
        "session": session,
        "trainer": person_name(session.trainer_id),
        "periods": periods_of(session),
        "phase": _phase(session, now),
        "row": attendance_row(session, learner_id=person_id, now=now),
    }


def learner_sessions(*, person_id: int, now: datetime) -> list[dict[str, Any]]:
    """The learner's sessions: what comes first, then what was."""
    found: list[dict[str, Any]] = []
    for enrolment in enrolments_of(person_id=person_id):
        if enrolment.on_roster:
            for session in api.sessions_for(class_run_id=enrolment.class_run_id):
                row = attendance_row(session, learner_id=person_id, now=now)
                found.append({"facts": session, "row": row, "phase": _phase(session, now)})
    ahead = [one for one in found if one["facts"].ends_at > now]
    past = [one for one in found if one["facts"].ends_at <= now]
    return [
        *sorted(ahead, key=lambda one: one["facts"].starts_at),
        *sorted(past, key=lambda one: one["facts"].starts_at, reverse=True),
    ]


def scan_context(*, learner_id: int, now: datetime) -> dict[str, Any]:
    """The scan page: the learner's session of today, if there is one, so that he sees what the scan will be for."""
    today = [
        one
        for one in learner_sessions(person_id=learner_id, now=now)
        if local_day(one["facts"].starts_at) == local_day(now) and one["facts"].cancelled_at is None
    ]
    return {"next": today[0] if today else None, "active_tab": "scan"}


def attendance_row(session: PracticeSessionFacts, *, learner_id: int, now: datetime) -> dict[str, Any]:
    """Where one learner stands in the session. Raises NotYours where he is not on its roster."""
    for facts in api.attendance_of(session_id=session.session_id, now=now):
        if facts.learner_id == learner_id:
            return _row(facts, "", session)
    raise NotYours(session.session_id)


def board_context(session: PracticeSessionFacts, *, code: ShownCode, address: str, now: datetime) -> dict[str, Any]:
    """The screen of the base."""
    rows = _rows(session, now)
    return {
        "session": session,
        "run": get_class_run(class_run_id=session.class_run_id),
        "base": get_organisation(organisation_id=session.base_id),
        "trainer": person_name(session.trainer_id),
        "periods": periods_of(session),
        "code": code,
        "signs_in": code.kind is CodeKind.IN,
        "digits": f"{code.digits[:3]} {code.digits[3:]}",
        "qr": qr_svg(address),
        "rows": rows,
        "counts": _counts(rows),
        "over": session.cancelled_at is not None,
    }


def likely_kind(session: PracticeSessionFacts, *, now: datetime) -> CodeKind:
    """Sign-in until a quarter of an hour before the end, sign-out from then on."""
    return CodeKind.IN if now < session.ends_at - timedelta(minutes=15) else CodeKind.OUT


def session_of_correction(*, correction_id: int) -> int:
    """The session of a proposed correction. Raises NotYours."""
    found = Correction.objects.filter(pk=correction_id).values_list("attendance__session_id", flat=True).first()
    if found is None:
        raise NotYours(correction_id)
    return found


def periods_of(session: PracticeSessionFacts) -> str:
    return periods_text(session.scheduled_seconds)


def person_name(person_id: int) -> str:
    return get_person(person_id=person_id).name


def qr_svg(text: str) -> SafeString:
    """The QR picture of an address; segno draws paths only and the address is ours."""
    drawing = segno.make(text, error="m").svg_inline(omitsize=True, border=0)
    return mark_safe(drawing)  # noqa: S308


def _rows(session: PracticeSessionFacts, now: datetime) -> list[dict[str, Any]]:
    facts = api.attendance_of(session_id=session.session_id, now=now)
    people = get_people(person_ids={one.learner_id for one in facts})
    return [_row(one, people[one.learner_id].name, session) for one in facts]


def _row(facts: AttendanceFacts, name: str, session: PracticeSessionFacts) -> dict[str, Any]:
    words, tone, icon = _STATES[facts.state]
    late = facts.in_at - session.starts_at if facts.in_at else timedelta()
    return {
        "facts": facts,
        "name": name,
        "words": str(words),
        "tone": tone,
        "icon": icon,
        "here": facts.state in {AttendanceState.PRESENT, AttendanceState.TO_CONFIRM} and facts.out_at is None,
        "gone": facts.out_at is not None,
        "missing_out": facts.state is AttendanceState.MISSING_OUT,
        "counted": periods_text(facts.counted_seconds),
        "late_minutes": max(0, int(late.total_seconds()) // 60),
        "confirm_kind": _to_confirm(facts),
        "may_be_signed_off": facts.in_at is not None and facts.signed_off_at is None,
    }


def _to_confirm(facts: AttendanceFacts) -> str:
    if facts.in_at is not None and not facts.in_confirmed:
        return CodeKind.IN.value
    if facts.out_at is not None and not facts.out_confirmed:
        return CodeKind.OUT.value
    return ""


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {
        "all": len(rows),
        "came": sum(row["facts"].in_at is not None for row in rows),
        "here": sum(row["here"] for row in rows),
        "missing": sum(row["facts"].in_at is None for row in rows),
        "no_out": sum(row["missing_out"] for row in rows),
    }


def _phase(session: PracticeSessionFacts, now: datetime) -> dict[str, str]:
    if session.cancelled_at is not None:
        return {"words": _("Cancelled"), "tone": "", "icon": "ban"}
    if now < session.starts_at:
        return {"words": _("To come"), "tone": "brand", "icon": "calendar"}
    if now < session.ends_at:
        return {"words": _("Running"), "tone": "ok", "icon": "play"}
    return {"words": _("Over"), "tone": "", "icon": "check"}
