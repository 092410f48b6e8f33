"""What a learner's page does with a presence check: ask for one, show it, answer it, change the way of answering."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.lib.localday import to_ms
from lms.notices import api as notices
from lms.player import checks, texts
from lms.player.adjusting import adjustment_for
from lms.player.data import (
    CheckCause,
    CheckFacts,
    CheckKind,
    CheckMethod,
    CheckNotFound,
    CheckPrompt,
    CheckResult,
    Question,
    UnableToCheck,
)
from lms.player.locks import hold_timers
from lms.player.methods import METHODS, facts_of, methods_for, supervisor_of
from lms.player.methods.base import Answer, Round
from lms.player.models import OpenCheck, PlayMemory, PlaySession, PresenceCheck
from lms.player.progress import get_own_session
from lms.player.records import check_facts


def request_check(*, session: UUID, learner_id: int, kind: CheckKind, now: datetime) -> CheckPrompt:
    """A check that the page itself asks for is open: to confirm what waits, or because nobody has touched the page.

    One that is open already is given again. Raises SessionNotFound, UnableToCheck.
    """
    row = get_own_session(session=session, learner_id=learner_id)
    limits = _limits(row)
    if not limits.presence_checks:
        raise UnableToCheck("no_checks", texts.no_checks())
    if row.closed_at is not None:
        raise UnableToCheck("session_closed", texts.session_closed())
    if row.confirm_until is not None and now >= row.confirm_until:
        raise UnableToCheck("make_up_over", texts.make_up_over())
    with transaction.atomic():
        hold_timers([learner_id])
        check = OpenCheck.objects.filter(enrolment_id=row.enrolment_id).first()
        if check is not None and checks.is_over(check, now):
            checks.miss(check, now=now)
            check = None
        waiting = PlayMemory.objects.filter(session__enrolment_id=row.enrolment_id, unproven_ms__gt=0)
        if check is None and kind is CheckKind.CONFIRM and not waiting.exists():
            raise UnableToCheck("nothing_waits", texts.nothing_waits())
        if check is None:
            check = checks.ask(
                learner_id=learner_id,
                enrolment_id=row.enrolment_id,
                session=row.pk,
                kind=kind,
                limits=limits,
                now=now,
            )
    return checks.prompt_of(check)


def show_check(*, session: UUID, check: UUID, learner_id: int, now: datetime) -> Question | CheckFacts:
    """The check is on the learner's screen from `now` on and its time runs; repeated, the same question again.

    A decided check gives its outcome. Raises SessionNotFound, CheckNotFound, UnableToCheck (`code_not_sent`).
    """
    row = get_own_session(session=session, learner_id=learner_id)
    asked: Round | None = None
    with transaction.atomic():
        found = _find(row, check, learner_id, now)
        if isinstance(found, CheckFacts):
            return found
        if found.shown_at is None:
            found.session = row
            found.shown_at = max(now, found.asked_at)
            asked = _begin(found, now)
            _set_deadline(found, _limits(row))
            found.save()
        question = _question(found, _limits(row), now)
    _send(asked, learner_id, now)
    return question


def answer_check(
    *, session: UUID, check: UUID, learner_id: int, round_no: int, answer: str, now: datetime
) -> Question | CheckFacts:
    """What the answer comes to: the outcome, or the next question where it proved nothing.

    An answer to a round that is over changes nothing and gives what stands now, so that sending it twice, or at once
    from two hands, is one answer. Raises SessionNotFound, CheckNotFound, UnableToCheck (`not_shown`).
    """
    row = get_own_session(session=session, learner_id=learner_id)
    limits = _limits(row)
    before = OpenCheck.objects.filter(pk=check, learner_id=learner_id).first()
    judged = _judge(before, round_no, answer, now)  # an outside party may take its time: not under the lock
    with transaction.atomic():
        found = _find(row, check, learner_id, now)
        if isinstance(found, CheckFacts):
            return found
        if found.shown_at is None or found.round_at is None:
            raise UnableToCheck("not_shown", texts.check_not_shown())
        if found.round != round_no or judged is None:
            return _question(found, limits, now)
        latency_ms = to_ms(now) - to_ms(found.round_at)
        if judged is Answer.CANNOT_SAY:
            return _another_way(found, limits, now)
        found.answers += 1
        quick = judged is Answer.RIGHT and latency_ms < limits.presence_quick_ms
        if judged is Answer.RIGHT and not quick:
            return _decided(found, CheckResult.PASSED, CheckCause.ANSWERED, now, latency_ms)
        if found.answers >= limits.presence_tries:
            return _decided(found, CheckResult.FAILED, CheckCause.WRONG, now, latency_ms)
        next_round = METHODS[CheckMethod(found.method)].again(found.secret)
        found.secret, found.round, found.round_at = next_round.secret, found.round + 1, now
        found.save()
        return _question(found, limits, now, notice="too_quick" if quick else "wrong")


def change_method(
    *, session: UUID, check: UUID, learner_id: int, method: CheckMethod, now: datetime
) -> Question | CheckFacts:
    """The check is answered another way that the class allows; wrong answers so far stay counted.

    Raises SessionNotFound, CheckNotFound, UnableToCheck (`not_shown`, `method_not_allowed`, `code_not_sent`).
    """
    row = get_own_session(session=session, learner_id=learner_id)
    limits = _limits(row)
    asked: Round | None = None
    with transaction.atomic():
        found = _find(row, check, learner_id, now)
        if isinstance(found, CheckFacts):
            return found
        if found.shown_at is None:
            raise UnableToCheck("not_shown", texts.check_not_shown())
        if method not in methods_for(facts_of(learner_id, now), limits):
            raise UnableToCheck("method_not_allowed", texts.method_not_allowed())
        if method.value != found.method:
            found.method = method.value
            found.answer_seconds = max(found.answer_seconds, checks.answer_seconds(learner_id, method, limits))
            asked = _begin(found, now)
            _set_deadline(found, limits)
            found.save()
        question = _question(found, limits, now)
    _send(asked, learner_id, now)
    return question


def confirm_supervised(*, check: UUID, supervisor_id: int, now: datetime) -> CheckFacts:
    """A named supervisor says that the learner is there. Raises CheckNotFound where this person does not look after
    the learner now (`methods.register_supervisors`), or there is no such check."""
    before = OpenCheck.objects.filter(pk=check, method=CheckMethod.SUPERVISED.value).first()
    if before is None or supervisor_of(before.learner_id, now) != supervisor_id:
        raise CheckNotFound(check)
    with transaction.atomic():
        found = _find(before.session, check, before.learner_id, now)
        if isinstance(found, CheckFacts):
            return found
        if found.shown_at is None or found.method != CheckMethod.SUPERVISED.value:
            raise CheckNotFound(check)
        return _decided(found, CheckResult.PASSED, CheckCause.ANSWERED, now, None, supervisor_id=supervisor_id)


def miss_due(*, now: datetime, limit: int = 500) -> int:
    """Checks whose time has run out have failed; how many."""
    done = 0
    due = OpenCheck.objects.filter(deadline_at__lte=now).order_by("deadline_at").values_list("pk", "learner_id")
    for check, learner_id in list(due[:limit]):
        with transaction.atomic():
            hold_timers([learner_id])
            row = OpenCheck.objects.filter(pk=check).first()
            if row is not None and checks.is_over(row, now):
                checks.miss(row, now=now)
                done += 1
    return done


def close_windows(*, now: datetime, limit: int = 200) -> int:
    """What still waits for a check in classes whose make-up days are over is refused; how many enrolments."""
    over = PlaySession.objects.filter(confirm_until__lte=now, memory__unproven_ms__gt=0)
    found = list(over.values_list("enrolment_id", "learner_id").distinct()[:limit])
    for enrolment_id, learner_id in found:
        with transaction.atomic():
            hold_timers([learner_id])
            checks.sweep(enrolment_id=enrolment_id, tag="closed", now=now)
    return len(found)


def _find(row: PlaySession, check: UUID, learner_id: int, now: datetime) -> OpenCheck | CheckFacts:
    """The check under the learner's lock: open and in time, or decided by now. Raises CheckNotFound."""
    hold_timers([learner_id])
    mine = {"pk": check, "learner_id": learner_id, "enrolment_id": row.enrolment_id}
    found = OpenCheck.objects.filter(**mine).first()
    if found is not None and not checks.is_over(found, now):
        return found
    if found is not None:
        return check_facts(checks.miss(found, now=now).check)
    decided = PresenceCheck.objects.filter(**mine).first()
    if decided is None:
        raise CheckNotFound(check)
    return check_facts(decided)


def _begin(check: OpenCheck, now: datetime) -> Round:
    asked = METHODS[CheckMethod(check.method)].begin()
    check.secret, check.round, check.round_at = asked.secret, check.round + 1, max(now, check.asked_at)
    return asked


def _set_deadline(check: OpenCheck, limits: HourLimits) -> None:
    """The answer may be on its way for as long as a page's clock is unsure."""
    allowed = timedelta(seconds=check.answer_seconds, milliseconds=limits.rate_slack_ms)
    check.deadline_at = (check.shown_at or check.asked_at) + allowed


def _judge(check: OpenCheck | None, round_no: int, answer: str, now: datetime) -> Answer | None:
    if check is None or check.round != round_no or check.shown_at is None:
        return None
    return METHODS[CheckMethod(check.method)].judge(check.secret, answer, facts_of(check.learner_id, now))


def _another_way(check: OpenCheck, limits: HourLimits, now: datetime) -> Question:
    """What can't be judged is neither passed nor failed: the next way is asked, and no try is spent. A supervisor who
    has not said anything yet is waited for."""
    ways = methods_for(facts_of(check.learner_id, now), limits)
    if check.method != CheckMethod.SUPERVISED.value:
        other = next((way for way in ways if way.value != check.method and way is not CheckMethod.SMS_CODE), None)
        check.method = (other or CheckMethod.CLICK_CODE).value
        _begin(check, now)
        check.save()
    return _question(check, limits, now, notice="cannot_say")


def _decided(
    check: OpenCheck,
    result: CheckResult,
    cause: CheckCause,
    now: datetime,
    latency_ms: int | None,
    *,
    supervisor_id: int | None = None,
) -> CheckFacts:
    decided = checks.decide(
        check,
        result=result,
        cause=cause,
        decided_at=now,
        now=now,
        answered_at=now,
        latency_ms=latency_ms,
        supervisor_id=supervisor_id,
    )
    return check_facts(decided.check)


def _question(check: OpenCheck, limits: HourLimits, now: datetime, *, notice: str = "") -> Question:
    method = CheckMethod(check.method)
    screen = METHODS[method].on_screen(check.secret)
    shown = check.shown_at or now
    left = (shown + timedelta(seconds=check.answer_seconds) - now).total_seconds()
    adjusted = adjustment_for(learner_id=check.learner_id)
    return Question(
        check=check.pk,
        kind=CheckKind(check.kind),
        method=method,
        round=check.round,
        code=screen.code,
        choices=screen.choices,
        others=tuple(way for way in methods_for(facts_of(check.learner_id, now), limits) if way is not method),
        seconds_left=max(0, int(left)),
        spoken=bool(adjusted and adjusted.spoken),
        notice=notice,
    )


def _send(asked: Round | None, learner_id: int, now: datetime) -> None:
    """The code of this asking, if it has one to send, is with the SMS provider. After the commit: it may take time."""
    if asked is None or not asked.send:
        return
    person = facts_of(learner_id, now)
    try:
        notices.send_presence_code(mobile=person.mobile, code=asked.send, language=person.language, now=now)
    except notices.UnableToSend as error:
        raise UnableToCheck("code_not_sent", texts.code_not_sent()) from error


def _limits(row: PlaySession) -> HourLimits:
    return limits_for(pack=row.hour_pack, category=row.category)
