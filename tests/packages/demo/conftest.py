from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest

from lms.demo import stage
from media.models import MediaAsset

NOON = datetime.fromisoformat("2026-09-16T12:00:00+08:00")


@dataclass(frozen=True)
class World:
    cast: stage.Cast
    class_run_id: int
    open_class_run_id: int
    checked_class_run_id: int


def _packaged(media_id: UUID, cast: stage.Cast) -> None:
    """A lesson as packaging leaves it; packaging itself is media's matter."""
    MediaAsset.objects.create(
        id=media_id, title="示教", owner_id=cast.people["trainer"], organisation_id=cast.firms["provider"],
        state="ready", file_name="a.mp4", size=1, source_key=str(media_id), prefix=f"hls/{media_id}/",
        duration_ms=2_700_020, touched_at=NOON, created_at=NOON, ready_at=NOON,
    )  # fmt: skip


@pytest.fixture
def world(db: None) -> World:
    """The demo's people, courses and class runs, without what the learners did."""
    cast = stage.gather_cast(now=NOON)
    for media_id in (stage.SAFETY_MEDIA, stage.MOVING_MEDIA):
        _packaged(media_id, cast)
    curriculum = stage.publish_course(cast=cast, now=NOON)
    own = stage.publish_open_course(cast=cast, now=NOON)
    return World(
        cast=cast,
        class_run_id=stage.file_class(cast=cast, curriculum=curriculum, now=NOON),
        open_class_run_id=stage.file_open_class(cast=cast, curriculum=own, now=NOON),
        checked_class_run_id=stage.file_checked_class(cast=cast, curriculum=own, now=NOON),
    )
