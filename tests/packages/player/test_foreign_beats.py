"""A beat for somebody else's session: refused at the door, in the learner's language, and nobody earns anything."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import redis
from django.test import Client

from lms.accounts.models import Person
from tests.packages.player.door import in_streams, knock, message, open_door, token_for, wire_beat
from tests.packages.player.world import MORNING, credited, make_world, open_lesson, settle_all

CHINESE = {"accept-language": "zh-CN,zh;q=0.9"}


@pytest.fixture
async def door(streams: redis.Redis) -> AsyncIterator[None]:
    async with open_door():
        yield


def _spliced(mine: str, mine_id: UUID, their_id: UUID) -> str:
    """My token with the other one's session in the place of mine, as somebody who knows its number would forge it."""
    raw = base64.b64decode(mine)
    forged = raw.replace(mine_id.bytes, their_id.bytes)
    assert forged != raw
    return base64.b64encode(forged).decode()


async def test_a_beat_for_someone_elses_session_is_refused_in_chinese(door: None, streams: redis.Redis) -> None:
    mine, theirs = uuid4(), uuid4()

    answer = await knock(message(_spliced(token_for(mine, learner_id=7), mine, theirs), wire_beat()), headers=CHINESE)

    assert (answer.status, answer.body["code"]) == (403, "play_token_invalid")
    assert answer.body["title"] == "学习会话无效"
    assert answer.body["detail"] == "凭证不是本平台签发的。请重新打开课程继续学习。"
    assert in_streams(streams) == []


def test_what_somebody_else_watches_is_hidden_and_earns_its_owner_alone(db: None, streams: redis.Redis) -> None:
    world = make_world(names=("李秀兰", "赵鹏"))
    mine, other = world.enrolments
    opened = open_lesson(other)
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(Person.objects.get(pk=mine.learner_id))

    for path in ("progress", "playback"):
        answer = client.get(f"/api/v1/play-sessions/{opened.session}/{path}/")
        assert answer.status_code == 404
        assert "没有" in json.loads(answer.content)["detail"]
    asked = client.post(
        "/api/v1/play-sessions/",
        json.dumps({"enrolment": other.enrolment_id, "unit": "x"}),
        content_type="application/json",
    )
    assert asked.status_code == 404
    settle_all(MORNING + timedelta(hours=1))
    assert credited(mine, MORNING) == credited(other, MORNING) == 0
