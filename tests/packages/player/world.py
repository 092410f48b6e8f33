"""A filed class with two video lessons and a learner, pages that watch them, and the step that credits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings

from courses.data import ExamKind, UnitCategory, UnitDraft, UnitMode
from lms.db.api import finish_outbox, take_outbox
from lms.enrolment.data import ClassRunFacts, EnrolmentFacts, PayeeKind
from lms.evidence.api import assess_many
from lms.ledger.api import post_credits, statement_for
from lms.lib.localday import from_ms, local_day, to_ms
from lms.player import api, shards, stream, wire
from lms.player.data import Beat, PlaySessionFacts
from lms.player.shards import shard_of
from media.models import MediaAsset
from tests.factories.classes import Cast, at, make_cast, make_curriculum, make_filed_class

LESSON, SECOND_LESSON, WORKSHOP = (f"{digit * 8}-1111-4111-8111-111111111111" for digit in "abc")
LESSON_SECONDS = 2_700
DAY = date(2026, 3, 10)
MORNING = at(DAY, 9)


@dataclass(frozen=True)
class World:
    cast: Cast
    run: ClassRunFacts
    enrolments: tuple[EnrolmentFacts, ...]

    @property
    def learner(self) -> EnrolmentFacts:
        return self.enrolments[0]


def make_world(
    *,
    names: Sequence[str] = ("李秀兰",),
    starts_on: date = DAY - timedelta(days=1),
    more_units: Sequence[UnitDraft] = (),
    **changes: Any,
) -> World:
    """A class that runs from `starts_on` for six weeks, filed a week before."""
    filed_at = at(starts_on - timedelta(days=7))
    cast = make_cast(now=filed_at)
    units = (
        *(
            make_video_unit(cast, key, title, filed_at)
            for key, title in ((LESSON, "触电急救"), (SECOND_LESSON, "电机控制"))
        ),
        *more_units,
        UnitDraft(
            mode=UnitMode.PRACTICE, title="线路安装", category=UnitCategory.PRACTICE, minutes=180, unit_key=WORKSHOP
        ),
        UnitDraft(mode=UnitMode.ASSESSMENT, title="理论考核", exam_kind=ExamKind.THEORY, pass_mark=60),
        UnitDraft(mode=UnitMode.ASSESSMENT, title="实操考核", exam_kind=ExamKind.PRACTICE, pass_mark=60),
    )
    curriculum = make_curriculum(cast, units=units, now=filed_at)
    run, enrolments = make_filed_class(
        cast,
        names=names,
        curriculum=curriculum,
        now=filed_at,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=42),
        agreement_on=starts_on - timedelta(days=8),
        **changes,
    )
    return World(cast, run, enrolments)


def make_checked_world(**changes: Any) -> World:
    """As `make_world`, in a class whose hour rules ask for presence."""
    return make_world(programme_code="ENT-SKILL", payee_kind=PayeeKind.ENTERPRISE, payee_id=None, **changes)


def make_video_unit(cast: Cast, key: str, title: str, now: datetime) -> UnitDraft:
    media = MediaAsset.objects.create(
        id=uuid4(),
        title=title,
        owner_id=cast.trainer_id,
        organisation_id=cast.provider_id,
        state="ready",
        file_name="lesson.mp4",
        size=1,
        source_key="x",
        touched_at=now,
        prefix=f"hls/{uuid4()}/",
        duration_ms=LESSON_SECONDS * 1000 + 20,
        renditions=[],
        created_at=now,
        ready_at=now,
    )
    category = UnitCategory.SAFETY if key == LESSON else UnitCategory.THEORY
    return UnitDraft(mode=UnitMode.VIDEO, title=title, category=category, media_id=media.pk, unit_key=key)


def open_lesson(enrolment: EnrolmentFacts, now: datetime = MORNING, unit_key: str = LESSON) -> PlaySessionFacts:
    return api.open_session(
        learner_id=enrolment.learner_id, enrolment_id=enrolment.enrolment_id, unit_key=unit_key, now=now
    )


def watch(
    opened: datetime,
    seconds: int,
    *,
    media_from: int = 0,
    after: int = 0,
    seq: int = 0,
    boot: str = "b1",
    speed: int = 1000,
    rate: int = 1000,
    step: int = 15,
) -> list[list[Beat]]:
    """Messages of a page that watches for `seconds` at normal speed, from `after` seconds past the opening on."""
    zero = to_ms(opened)
    messages = []
    for index in range(-(-seconds // step)):
        begin, end = index * step * 1000, min((index + 1) * step, seconds) * 1000
        sent = after * 1000 + end
        messages.append(
            [
                Beat(
                    boot,
                    seq + index,
                    after * 1000 + begin,
                    sent,
                    media_from * 1000 + begin * speed // 1000,
                    media_from * 1000 + end * speed // 1000,
                    rate,
                    "tick",
                    sent,
                    zero + sent + 60,
                    boot,
                )
            ]
        )
    return messages


def arrival(session: UUID, learner_id: int, beats: Sequence[Beat]) -> bytes:
    """One message as the front would put it into the stream."""
    return wire.arrival_encoder.encode(
        wire.Arrival(
            session.bytes,
            learner_id,
            beats[0].received_ms,
            beats[0].sent_ms,
            beats[0].sent_boot,
            [
                wire.StreamBeat(
                    beat.boot,
                    beat.seq,
                    beat.from_ms,
                    beat.to_ms,
                    beat.media_from_ms / 1000,
                    beat.media_to_ms / 1000,
                    beat.rate_milli / 1000,
                    beat.why,
                )
                for beat in beats
            ],
        )
    )


def send(session: UUID, learner_id: int, messages: Iterable[Sequence[Beat]]) -> None:
    for beats in messages:
        stream.add(shard_of(learner_id, settings.PLAYER_SHARDS), [arrival(session, learner_id, beats)])


def settle_all(now: datetime, **options: int) -> list[api.SettleReport]:
    return [api.settle(shard=shard, holder="test", now=now, **options) for shard in range(settings.PLAYER_SHARDS)]


def credit_all(now: datetime) -> int:
    """Everything that was announced is credited, as the straight way does; how much evidence."""
    from django.db import transaction

    with transaction.atomic():
        items = [item for item in take_outbox(limit=10_000, now=now) if item.topic == "evidence.recorded"]
        if items:
            post_credits(proposals=assess_many(evidence_ids=[UUID(item.key) for item in items]), now=now)
        for item in items:
            finish_outbox(item_id=item.item_id, now=now)
    return len(items)


def credited(enrolment: EnrolmentFacts, now: datetime, unit_key: str = LESSON) -> int:
    """Seconds that the ledger holds for the unit."""
    units = statement_for(enrolment_id=enrolment.enrolment_id, now=now).units
    return next((line.credited_seconds for line in units if line.unit_key == unit_key), 0)


def refused(enrolment: EnrolmentFacts, now: datetime) -> dict[str, int]:
    """Seconds that the ledger refused, by reason."""
    statement = statement_for(enrolment_id=enrolment.enrolment_id, now=now)
    return {reason.value: seconds for reason, seconds in statement.refused_seconds.items() if seconds}


def kept_news(session: UUID) -> wire.Settled:
    """What the fronts find when they ask what was settled of the session."""
    stored = stream.client().get(shards.settled_key(session.bytes))
    assert isinstance(stored, bytes)
    return wire.one_news.decode(stored)


def day_of(instant: datetime) -> date:
    return local_day(instant)


def later(seconds: float) -> datetime:
    return from_ms(to_ms(MORNING) + int(seconds * 1000))
