"""A class in which everything happened that an archive must prove, made through the doors."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from courses.data import ExamKind, UnitCategory, UnitDraft, UnitMode
from lms.archive.building import write_archive
from lms.assessment.api import enter_mark, schedule_exam
from lms.enrolment.api import drop, enrol, get_enrolment
from lms.enrolment.data import ClassRunFacts, EnrolmentFacts, PayeeKind
from lms.evidence.api import record_evidence
from lms.evidence.data import ReasonCode, Stretch
from lms.ledger.api import anchor_heads, entries_for, reverse_entry
from lms.lib.localday import from_ms, to_ms
from lms.player.api import answer_check, feed_history, miss_due, open_session, request_check, show_check
from lms.player.data import Beat, CheckKind, Question
from lms.practice.api import schedule_session, sign_off
from media.models import MediaAsset
from tests.factories.classes import (
    Cast,
    add_learners,
    at,
    file_class_run,
    make_cast,
    make_class_run,
    make_curriculum,
    make_filed_class,
)
from tests.factories.practice import come, leave
from tests.factories.way import carry_on

LESSON, SECOND_LESSON, LIVE, WORKSHOP, THEORY, HANDS = (
    f"{digit * 8}-1111-4111-8111-111111111111" for digit in "abcdef"
)
DAY = date(2026, 3, 10)
FILED_AT = at(DAY - timedelta(days=7))
MADE_AT = at(DAY + timedelta(days=10))
SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """`honest` did everything, `cheat` almost nothing of it, `busy` learns in the other class too, `gone` left. In the
    other class `full` had more than a day can hold; in the third class `seen` was asked whether she was there."""

    cast: Cast
    run: ClassRunFacts
    other: ClassRunFacts
    honest: EnrolmentFacts
    cheat: EnrolmentFacts
    busy: EnrolmentFacts
    gone: EnrolmentFacts
    busy_elsewhere: EnrolmentFacts
    full: EnrolmentFacts
    third: ClassRunFacts
    seen: EnrolmentFacts


def make_hall() -> Hall:
    """Three filed classes: video, live, practice behind the order gate, both exams, 10-minute lessons; the same with
    longer practice; and one with presence checks."""
    cast = make_cast(now=FILED_AT)
    plan = make_curriculum(cast, units=_units(cast), now=FILED_AT)
    days = {"starts_on": DAY - timedelta(days=1), "ends_on": DAY + timedelta(days=40)}
    days |= {"agreement_on": DAY - timedelta(days=8)}
    names = ("李秀兰", "王建国", "赵敏", "钱进")
    run, people = make_filed_class(cast, names=names, curriculum=plan, now=FILED_AT, order_gate=True, **days)
    long = make_curriculum(cast, units=_units(cast, live=120, practice=360), slug="dianye-chang", now=FILED_AT)
    other = make_class_run(cast, curriculum=long, now=FILED_AT, title="电工(四级)2 班", **days)
    (full,) = add_learners(cast, other.class_run_id, ("周强",), now=FILED_AT)
    elsewhere = enrol(
        class_run_id=other.class_run_id, person_id=people[2].learner_id, employer_id=cast.employer_id,
        actor_id=cast.hr_id, now=FILED_AT,
    )  # fmt: skip
    other = file_class_run(cast, other.class_run_id, now=FILED_AT)
    third, (seen,) = make_filed_class(
        cast, names=("孙丽",), curriculum=plan, now=FILED_AT, title="电工(四级)3 班", programme_code="ENT-SKILL",
        payee_kind=PayeeKind.ENTERPRISE, payee_id=None, **days,
    )  # fmt: skip
    honest, cheat, busy, gone = people
    return Hall(
        cast=cast, run=run, other=other, honest=honest, cheat=cheat, busy=busy, gone=gone, busy_elsewhere=elsewhere,
        full=get_enrolment(enrolment_id=full.enrolment_id), third=third, seen=seen,
    )  # fmt: skip


def tell_story(hall: Hall) -> None:
    """What the four did, credited, corrected, anchored and certified."""
    _practise(hall, hall.honest)
    for number, unit in enumerate((LESSON, SECOND_LESSON)):
        watch(hall.honest, unit, hour=9 + number, split=3)
    _attend_live(hall.honest)
    _sit_exams(hall, hall.honest)
    _cheat(hall.cheat)
    _be_busy(hall)
    _fill_a_day(hall.full, hall.cast)
    _be_asked(hall.seen)
    watch(hall.gone, LESSON, hour=9, seconds=300)
    carry_on(MADE_AT - timedelta(days=4))
    drop(enrolment_id=hall.gone.enrolment_id, actor_id=hall.cast.hr_id, reason="离职", now=MADE_AT - timedelta(days=3))
    anchor_heads(now=MADE_AT - timedelta(hours=3))
    _take_back(hall)
    carry_on(MADE_AT)
    anchor_heads(now=MADE_AT - timedelta(hours=1))


def watch(
    who: EnrolmentFacts,
    unit: str,
    *,
    hour: int,
    minute: int = 0,
    seconds: int = SECONDS,
    split: int = 1,
    day: date = DAY,
) -> UUID:
    """An honest viewing, settled in `split` batches; its session."""
    opened = at(day, hour, minute)
    session = open_session(learner_id=who.learner_id, enrolment_id=who.enrolment_id, unit_key=unit, now=opened).session
    beats = list(honest_beats(to_ms(opened), seconds))
    size = -(-len(beats) // split)
    for start in range(0, len(beats), size):
        batch = beats[start : start + size]
        feed_history(session=session, beats=batch, now=from_ms(batch[-1].received_ms))
    return session


def honest_beats(opened_ms: int, seconds: int, *, media_from: int = 0) -> Iterable[Beat]:
    """Stretches of 15 s; each video second is sampled a little late, as real pages do."""
    for seq, begin in enumerate(range(0, seconds * 1000, 15_000)):
        end = min(begin + 15_000, seconds * 1000)
        yield Beat(
            "b1", seq, begin + 40, end + 40, media_from + begin, media_from + end, 1000, "tick", end + 45,
            opened_ms + end + 160, "b1",
        )  # fmt: skip


def make_archive(run: ClassRunFacts) -> bytes:
    """The ZIP of the class as an export writes it: into a sink that can't go back."""
    sink = _Sink()
    write_archive(sink, class_run_id=run.class_run_id, keep=lambda _percent: None, now=MADE_AT)
    return sink.kept.getvalue()


class _Sink:
    def __init__(self) -> None:
        self.kept = io.BytesIO()

    def write(self, data: bytes, /) -> int:
        return self.kept.write(data)

    def flush(self) -> None:
        self.kept.flush()


def _units(cast: Cast, *, live: int = 60, practice: int = 180) -> tuple[UnitDraft, ...]:
    lessons = [
        UnitDraft(mode=UnitMode.VIDEO, title=title, category=category, media_id=_video(cast, title), unit_key=key)
        for key, title, category in (
            (LESSON, "触电急救", UnitCategory.SAFETY),
            (SECOND_LESSON, "电机控制", UnitCategory.THEORY),
        )
    ]
    return (
        *lessons,
        UnitDraft(mode=UnitMode.LIVE, title="安全用电", category=UnitCategory.SAFETY, minutes=live, unit_key=LIVE),
        UnitDraft(
            mode=UnitMode.PRACTICE,
            title="线路安装",
            category=UnitCategory.PRACTICE,
            minutes=practice,
            unit_key=WORKSHOP,
        ),
        UnitDraft(mode=UnitMode.ASSESSMENT, title="理论", exam_kind=ExamKind.THEORY, pass_mark=60, unit_key=THEORY),
        UnitDraft(mode=UnitMode.ASSESSMENT, title="实操", exam_kind=ExamKind.PRACTICE, pass_mark=60, unit_key=HANDS),
    )


def _video(cast: Cast, title: str) -> UUID:
    return MediaAsset.objects.create(
        id=uuid4(), title=title, owner_id=cast.trainer_id, organisation_id=cast.provider_id, state="ready",
        file_name="lesson.mp4", size=1, source_key="x", touched_at=FILED_AT, prefix=f"hls/{uuid4()}/",
        duration_ms=SECONDS * 1000 + 20, renditions=[], created_at=FILED_AT, ready_at=FILED_AT,
    ).pk  # fmt: skip


def _practise(hall: Hall, who: EnrolmentFacts) -> None:
    """Practice in the afternoon of a day whose theory arrives later: refused for its order, then judged again."""
    starts = at(DAY, 14)
    session = schedule_session(
        class_run_id=hall.run.class_run_id, unit_key=WORKSHOP, base_id=hall.cast.base_id,
        trainer_id=hall.cast.trainer_id, starts_at=starts, ends_at=starts + timedelta(hours=3),
        breaks=((starts + timedelta(hours=1), starts + timedelta(minutes=75)),),
        actor_id=hall.cast.provider_admin_id, now=FILED_AT,
    )  # fmt: skip
    come(session.session_id, who.learner_id, starts - timedelta(minutes=5))
    sign_off(
        session_id=session.session_id, enrolment_ids=(who.enrolment_id,), trainer_id=hall.cast.trainer_id,
        now=starts + timedelta(hours=2),
    )  # fmt: skip
    leave(session.session_id, who.learner_id, starts + timedelta(hours=3))
    carry_on(starts + timedelta(hours=4))


def _attend_live(who: EnrolmentFacts) -> None:
    begin = to_ms(at(DAY, 11))
    record_evidence(
        source="live",
        learner_id=who.learner_id,
        enrolment_id=who.enrolment_id,
        unit_key=LIVE,
        stretches=(
            Stretch(wall_from_ms=begin - 60_000, wall_to_ms=begin + 1_800_000),
            Stretch(wall_from_ms=begin + 1_830_000, wall_to_ms=begin + 3_700_000),
        ),
        payload={
            "session": "room-1",
            "schedule": [begin, begin + 3_600_000],
            "roll_calls": [
                {"asked_ms": begin + 600_000, "answered_ms": begin + 620_000},
                {"asked_ms": begin + 1_000_000, "answered_ms": None},
            ],
        },
        captured_by="room",
        captured_at=from_ms(begin + 3_700_000),
        external_key=f"live-{who.enrolment_id}",
        now=MADE_AT - timedelta(days=9),
    )


def _sit_exams(hall: Hall, who: EnrolmentFacts) -> None:
    day = DAY + timedelta(days=5)
    for unit, scores in ((THEORY, (55, 88)), (HANDS, (79,))):
        exam = schedule_exam(
            class_run_id=hall.run.class_run_id, unit_key=unit, held_on=day, assessor_id=hall.cast.assessor_id,
            actor_id=hall.cast.provider_admin_id, now=FILED_AT,
        )  # fmt: skip
        for number, score in enumerate(scores):
            enter_mark(
                exam_id=exam.exam_id, enrolment_id=who.enrolment_id, score=score, assessor_id=hall.cast.assessor_id,
                now=at(day, 16, number), reason="复核" if number else "",
            )  # fmt: skip


def _fill_a_day(who: EnrolmentFacts, cast: Cast) -> None:
    """Six hours of practice are credited, then two hours live of the same day arrive: practice makes room."""
    begin = to_ms(at(DAY, 8))
    payload: dict[str, Any] = {
        "session": "p1", "schedule": [begin, begin + 21_600_000], "in_ms": begin, "out_ms": begin + 21_600_000,
        "signed_by": cast.trainer_id, "signed_at_ms": begin + 21_600_000,
    }  # fmt: skip
    room = begin + 8 * 3_600_000
    for source, unit, stretches, told in (
        ("practice", WORKSHOP, (), payload),
        (
            "live", LIVE, (Stretch(wall_from_ms=room, wall_to_ms=room + 7_200_000),),
            {"session": "room-2", "schedule": [room, room + 7_200_000]},
        ),
    ):  # fmt: skip
        record_evidence(
            source=source, learner_id=who.learner_id, enrolment_id=who.enrolment_id, unit_key=unit,
            stretches=stretches, payload=told, captured_by="reader", captured_at=from_ms(room + 7_200_000),
            external_key=f"{source}-{who.enrolment_id}", now=at(DAY, 20),
        )  # fmt: skip
        carry_on(at(DAY, 21))


def _be_asked(who: EnrolmentFacts) -> None:
    """Five minutes are confirmed, five are lost for want of an answer, watched again and confirmed."""
    _sit(who, at(DAY, 9), media_from=0, answers=(True, True))
    _sit(who, at(DAY, 9, 20), media_from=300_000, answers=(True, False))
    _sit(who, at(DAY, 9, 40), media_from=300_000, answers=(True, True))


def _sit(who: EnrolmentFacts, opened: datetime, *, media_from: int, answers: tuple[bool, bool]) -> None:
    """One session of five minutes with a check at its start and one at its end."""
    session = open_session(learner_id=who.learner_id, enrolment_id=who.enrolment_id, unit_key=LESSON, now=opened)
    assert session.prompt is not None
    _answer(who, session.session, session.prompt.check, opened + timedelta(seconds=1), right=answers[0])
    beats = list(honest_beats(to_ms(opened), 300, media_from=media_from))
    for batch in (beats[:7], beats[7:]):
        feed_history(session=session.session, beats=batch, now=from_ms(batch[-1].received_ms))
    over = opened + timedelta(seconds=301)
    asked = request_check(session=session.session, learner_id=who.learner_id, kind=CheckKind.CONFIRM, now=over)
    _answer(who, session.session, asked.check, over + timedelta(seconds=1), right=answers[1])
    miss_due(now=over + timedelta(minutes=5))


def _answer(who: EnrolmentFacts, session: UUID, check: UUID, now: datetime, *, right: bool) -> None:
    """The check is shown, and answered a second later or never."""
    shown = show_check(session=session, check=check, learner_id=who.learner_id, now=now)
    if right and isinstance(shown, Question):
        answer_check(
            session=session, check=check, learner_id=who.learner_id, round_no=shown.round, answer=shown.code,
            now=now + timedelta(seconds=1),
        )  # fmt: skip


def _cheat(who: EnrolmentFacts) -> None:
    """Two honest minutes, then the rest at sixteenfold speed, all of it again, a jump, and a queue dated back."""
    opened = at(DAY, 20)
    session = open_session(
        learner_id=who.learner_id, enrolment_id=who.enrolment_id, unit_key=LESSON, now=opened
    ).session
    honest = list(honest_beats(to_ms(opened), 120))
    fast = [
        replace_beat(
            honest[-1], seq=8 + step, media_from_ms=120_000 + step * 48_000, media_to_ms=168_000 + step * 48_000
        )
        for step in range(9)
    ]
    late = replace_beat(
        honest[0], seq=30, from_ms=0, to_ms=400_000, media_from_ms=200_000, media_to_ms=600_000, sent_ms=420_000,
        received_ms=to_ms(opened) + 420_000,
    )  # fmt: skip
    feed_history(session=session, beats=honest, now=from_ms(honest[-1].received_ms))
    feed_history(session=session, beats=[*fast, *honest, late], now=from_ms(late.received_ms))


def replace_beat(beat: Beat, **changes: Any) -> Beat:
    return beat._replace(**changes)


def _be_busy(hall: Hall) -> None:
    """One learner, two classes, one evening: the second class takes the clock, then both claim the same minutes."""
    session = watch(hall.busy, LESSON, hour=21, seconds=300)
    watch(hall.busy_elsewhere, LESSON, hour=21, minute=6)
    opened = at(DAY, 21)
    late = [
        replace_beat(beat, seq=100 + beat.seq, media_from_ms=300_000 + beat.media_from_ms,
                     media_to_ms=300_000 + beat.media_to_ms)
        for beat in honest_beats(to_ms(opened) + 330_000, 240)
    ]  # fmt: skip
    late = [
        replace_beat(beat, from_ms=beat.from_ms + 330_000, to_ms=beat.to_ms + 330_000, sent_ms=beat.sent_ms + 330_000)
        for beat in late
    ]
    feed_history(session=session, beats=late, now=from_ms(late[-1].received_ms))
    watch(hall.busy, SECOND_LESSON, hour=23, minute=55, seconds=540)
    watch(hall.busy_elsewhere, SECOND_LESSON, hour=8, day=DAY + timedelta(days=2))


def _take_back(hall: Hall) -> None:
    credit = next(
        one
        for one in entries_for(learner_id=hall.busy.learner_id)
        if one.kind == "credit" and one.class_run_id == hall.run.class_run_id
    )
    reverse_entry(
        learner_id=hall.busy.learner_id, seq=credit.seq, reason=ReasonCode.VOID_FRAUD, note="代学,抽查核实",
        author_id=hall.cast.officer_id, approver_id=hall.cast.assessor_id, now=MADE_AT - timedelta(hours=2),
    )  # fmt: skip
