"""The heartbeat door: what it takes, what it refuses and how, what it tells."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis

from lms.player import front, shards, stream, wire
from lms.player.token import TokenKeys
from lms.player.wire import Settled
from tests.lmsplugin import ENGINES
from tests.packages.player.door import Answer, in_streams, knock, message, open_door, token_for, wire_beat


@pytest.fixture(autouse=True)
async def _door(streams: redis.Redis) -> AsyncIterator[None]:
    async with open_door():
        yield


async def test_a_beat_is_accepted_and_stands_in_the_stream_of_its_learner(streams: redis.Redis) -> None:
    session = uuid4()
    before = time.time_ns() // 1_000_000
    answer = await knock(message(token_for(session), wire_beat(4), wire_beat(5, rate=1.5), sent_boot="b1"))
    assert (answer.status, answer.body) == (
        202,
        {
            "accepted_seq": 5,
            "settled_seq": None,
            "credited_seconds": None,
            "pending_seconds": None,
            "verdicts": None,
            "prompt": None,
        },
    )
    [arrival] = in_streams(streams)
    assert (arrival.session, arrival.learner_id, arrival.sent_boot) == (session.bytes, 7, "b1")
    assert before <= arrival.received_ms <= time.time_ns() // 1_000_000
    assert [(beat.seq, beat.rate) for beat in arrival.beats] == [(4, 1), (5, 1.5)]
    assert streams.xlen(shards.stream_key(shards.shard_of(7, 2))) == 1


async def test_a_beacon_may_come_as_plain_text_and_in_parts(streams: redis.Redis) -> None:
    body = message(token_for(), wire_beat())
    answer = await knock([body[:20], body[20:90], body[90:]], headers={"content-type": "text/plain;charset=UTF-8"})
    assert answer.status == 202
    assert len(in_streams(streams)) == 1


async def test_no_beats_is_a_question_and_writes_nothing(streams: redis.Redis) -> None:
    assert (await knock(message(token_for()))).status == 202
    assert in_streams(streams) == []


BROKEN = {
    "nothing": b"",
    "no json": b"\xff\xfe{",
    "no object": b"[]",
    "unknown field": message("t", wire_beat(), extra=1),
    "unknown field of a beat": message("t", wire_beat(seconds=99)),
    "text for a number": message("t", wire_beat(from_ms="0")),
    "no number": b'{"token":"t","sent_ms":NaN,"beats":[]}',
    "beyond floats": b'{"token":"t","sent_ms":1e999,"beats":[]}',
    "beyond integers": message("t", wire_beat(2**80)),
    "half a number": message("t", wire_beat(seq=1.5)),
    "missing field": b'{"token":"t","beats":[]}',
    "null": message("t", wire_beat(rate=None)),
    "markup as boot": message("t", wire_beat(boot="<script>")),
    "no boot": message("t", wire_beat(boot="")),
    "too many beats": message("t", *(wire_beat(seq) for seq in range(201))),
    "deep": b'{"token":' + b"[" * 10_000,
    "half a pair of surrogates": b'{"token":"\\ud800","sent_ms":0,"beats":[]}',
}


@pytest.mark.parametrize("case", BROKEN)
async def test_what_does_not_fit_is_a_400_that_says_why(case: str, streams: redis.Redis) -> None:
    answer = await knock(BROKEN[case], headers={"accept-language": "en"})
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.body) == {"type", "title", "status", "code", "detail", "instance"}
    assert answer.body["code"] == "invalid"
    assert in_streams(streams) == []


async def test_senseless_figures_pass_the_door_to_be_judged(streams: redis.Redis) -> None:
    token = token_for()
    odd = [wire_beat(-3), wire_beat(1, from_ms=-5), wire_beat(2, to_s=1e300), wire_beat(3, rate=-1)]
    assert (await knock(message(token, *odd))).status == 202
    [arrival] = in_streams(streams)
    assert [beat.media_to_ms for beat in wire.read_beats(arrival)] == [-30_000, 30_000, -1, 60_000]


async def test_a_foreign_an_altered_and_a_stale_token_are_403(streams: redis.Redis) -> None:
    good = token_for()
    foreign = token_for(ring={"t1": "55" * 32})
    unknown_key = token_for(ring={"zz": "44" * 32})
    altered = good[:10] + ("A" if good[10] != "A" else "B") + good[11:]
    for token in (foreign, unknown_key, altered, good[:-4], "", "x", "é", good + "AAAA"):
        answer = await knock(message(token, wire_beat()))
        assert (answer.status, answer.body["code"]) == (403, "play_token_invalid"), token
    stale = await knock(message(token_for(expires_in=timedelta(seconds=-1)), wire_beat()))
    assert (stale.status, stale.body["code"]) == (403, "play_token_expired")
    assert in_streams(streams) == []


async def test_an_older_key_of_the_ring_still_opens(settings: Any, streams: redis.Redis) -> None:
    old = token_for()
    settings.PLAY_TOKEN_KEYS = {"t2": "66" * 32, **settings.PLAY_TOKEN_KEYS}
    front.current().keys = TokenKeys(settings.PLAY_TOKEN_KEYS)
    assert (await knock(message(old, wire_beat()))).status == 202


async def test_other_methods_and_large_bodies_are_refused(streams: redis.Redis) -> None:
    answer = await knock(b"", method="GET")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    huge = message(token_for(), wire_beat(why="x" * 70_000))
    assert (await knock(huge)).status == 413
    assert (await knock([huge[:40_000], huge[40_000:]])).status == 413
    assert (await knock(b"{}", headers={"content-length": "70000"})).status == 413
    assert (await knock(b"{}", headers={"content-length": "-1"})).status == 413
    assert (await knock(b"{}", headers={"content-length": "9" * 5_000})).status == 413
    assert in_streams(streams) == []


async def test_refusals_speak_the_callers_language() -> None:
    english = await knock(b"", headers={"accept-language": "en-GB,en;q=0.9"})
    chinese = await knock(b"", headers={"accept-language": "zh-CN,zh;q=0.9"})
    switched = await knock(b"", headers={"accept-language": "zh-CN", "cookie": "a=b; django_language=en"})
    assert english.body["title"] == switched.body["title"] == "The heartbeat does not fit"
    assert chinese.body["title"] == (await knock(b"")).body["title"] == "心跳内容不符合要求"


async def test_without_valkey_the_answer_is_503_and_the_door_heals(streams: redis.Redis) -> None:
    token = token_for()
    assert (await knock(message(token, wire_beat(0)))).status == 202
    with ENGINES.stopped("streams"):
        answer = await knock(message(token, wire_beat(1)))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert answer.body["code"] == "beats_not_saved"
    assert (await knock(message(token, wire_beat(1)))).status == 202
    assert [arrival.beats[0].seq for arrival in in_streams(streams)] == [0, 1]


async def test_what_was_answered_202_outlives_a_killed_valkey(streams: redis.Redis) -> None:
    token = token_for()
    answers = await asyncio.gather(*(knock(message(token, wire_beat(seq))) for seq in range(50)))
    assert {answer.status for answer in answers} == {202}
    ENGINES.crash("streams")
    assert sorted(arrival.beats[0].seq for arrival in in_streams(streams)) == list(range(50))


async def test_riders_share_trips(streams: redis.Redis) -> None:
    tokens = [token_for(learner_id=learner) for learner in range(40)]
    await knock(message(tokens[0], wire_beat(99)))
    await asyncio.gather(*(knock(message(token, wire_beat())) for token in tokens))
    assert len(in_streams(streams)) == 41
    assert sum(streams.xlen(shards.stream_key(shard)) for shard in range(2)) <= 6


async def test_a_client_that_hangs_up_leaves_nobody_hanging(streams: redis.Redis) -> None:
    token = token_for()
    riders = [asyncio.create_task(knock(message(token, wire_beat(seq)))) for seq in range(30)]
    await asyncio.sleep(0)
    for rider in riders[::3]:
        rider.cancel()
    done = await asyncio.wait_for(asyncio.gather(*riders, return_exceptions=True), timeout=5)
    assert [type(each).__name__ for each in done[::3]] == ["CancelledError"] * 10
    assert [each.status for index, each in enumerate(done) if index % 3 and isinstance(each, Answer)] == [202] * 20
    assert (await asyncio.wait_for(knock(message(token, wire_beat(77))), timeout=5)).status == 202


async def test_a_client_that_leaves_before_its_body_is_whole_gets_no_answer() -> None:
    sent: list[object] = []
    coming: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    async def send(event: object) -> None:
        sent.append(event)

    await front.app({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)
    assert sent == []


async def test_news_of_settling_reach_the_answers() -> None:
    session = uuid4()
    token = token_for(session)
    await knock(message(token, wire_beat(0)))
    stream.publish_settled([Settled(session.bytes, 0, 15, 0, [("b1", 0, "COUNTED")], None)])
    answer = await _answer_with(token, "settled_seq", 0)
    assert answer == {
        "accepted_seq": 1,
        "settled_seq": 0,
        "credited_seconds": 15,
        "pending_seconds": 0,
        "verdicts": [{"boot": "b1", "seq": 0, "verdict": "COUNTED"}],
        "prompt": None,
    }


async def test_a_process_that_does_not_know_a_session_reads_it_once() -> None:
    session = uuid4()
    stream.publish_settled([Settled(session.bytes, 8, 120, 15, None, None)])
    answer = await knock(message(token_for(session), wire_beat(9)))
    assert (answer.body["settled_seq"], answer.body["credited_seconds"]) == (8, 120)


async def test_a_superseded_session_is_told_in_words() -> None:
    session = uuid4()
    token = token_for(session)
    await knock(message(token, wire_beat(0)))
    stream.publish_closed([(session.bytes, "superseded")])
    answer = await _answer_with(token, "prompt", None, other=True)
    assert answer["prompt"]["kind"] == "superseded"
    assert "最新" in answer["prompt"]["text"]


async def _answer_with(token: str, field: str, value: object, *, other: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for _ in range(100):
        answer = (await knock(message(token, wire_beat(1)))).body
        if (answer[field] == value) is not other:
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError(answer)


async def test_news_that_were_missed_are_read_again_after_valkey_comes_back() -> None:
    session = uuid4()
    token = token_for(session)
    await knock(message(token, wire_beat(0)))
    with ENGINES.stopped("streams"):
        await asyncio.sleep(0.1)
    stream.client().connection_pool.disconnect()
    stream.publish_settled([Settled(session.bytes, 3, 45, 0, None, None)])
    await asyncio.sleep(1.3)
    assert (await _answer_with(token, "settled_seq", 3))["credited_seconds"] == 45


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not in time")


async def test_a_real_server_answers_while_clients_hang_up(streams: redis.Redis) -> None:
    import socket

    import uvicorn

    server = uvicorn.Server(uvicorn.Config(front.app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        await _until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        token = token_for()

        def request(seq: int) -> bytes:
            body = message(token, wire_beat(seq))
            return b"POST /api/v1/heartbeats/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body

        leavers = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for seq, leaver in enumerate(leavers):
            leaver.sendall(request(seq))
            leaver.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            leaver.close()
        with socket.create_connection(("127.0.0.1", port), timeout=5) as stayer:
            stayer.sendall(request(100))
            assert stayer.recv(4096).startswith(b"HTTP/1.1 202")
    finally:
        server.should_exit = True
        thread.join()
