"""`replay_beats` over two thousand recorded sessions: shuffled, doubled, cheated, and a hundred thousand lines."""

from __future__ import annotations

import json
import resource
from collections import defaultdict
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.factories.histories import CHEATS, Line, cheated, honest_day, honest_days, muddled

pytestmark = pytest.mark.django_db
LEARNERS = 1_000


def replayed(folder: Path, lines: list[Line]) -> dict[str, dict[str, Any]]:
    """What `replay_beats` prints, by session."""
    file = folder / "beats.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    out = StringIO()
    call_command("replay_beats", str(file), stdout=out)
    results = [json.loads(line) for line in out.getvalue().splitlines()]
    return {result["session"]: result for result in results}


def by_learner(results: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Credited seconds; a session is named after its learner."""
    seconds: dict[str, int] = defaultdict(int)
    for session, result in results.items():
        seconds[session.partition("-")[0]] += result["credited_seconds"]
    return dict(seconds)


def watched(lines: list[Line]) -> dict[str, int]:
    """Milliseconds of video that each session really played."""
    ends: dict[str, int] = defaultdict(int)
    for line in lines:
        ends[line["session"]] = max(ends[line["session"]], round(line["to_s"] * 1000))
    return dict(ends)


@pytest.fixture(scope="module")
def honest() -> list[Line]:
    return honest_days(1, LEARNERS)


def test_two_thousand_honest_sessions_lose_at_most_one_second_in_two_hundred(
    honest: list[Line], tmp_path: Path
) -> None:
    results = replayed(tmp_path, honest)
    played = watched(honest)
    assert len(results) == len(played) > 1_900
    credited = sum(result["credited_seconds"] for result in results.values())
    assert sum(played.values()) * 0.995 <= credited * 1000 <= sum(played.values())
    again = replayed(tmp_path, muddled(honest, 3))
    assert {session: (result["credited_seconds"], result["reasons"]) for session, result in again.items()} == {
        session: (result["credited_seconds"], result["reasons"]) for session, result in results.items()
    }


def test_no_cheat_earns_more_than_its_honest_original(honest: list[Line], tmp_path: Path) -> None:
    days: dict[str, list[Line]] = defaultdict(list)
    for line in honest:
        days[line["learner"]].append(line)
    kinds = sorted(CHEATS)
    made = {
        learner: (kinds[place % len(kinds)], cheated(day, kinds[place % len(kinds)], place))
        for place, (learner, day) in enumerate(days.items())
    }
    earned = by_learner(replayed(tmp_path, honest))
    gained = by_learner(replayed(tmp_path, [line for _, lines in made.values() for line in lines]))
    # 1.01 times leaves holes as small as those of an honest page; at a reload they may be closed, half a second each
    room = {learner: len({line["session"] for line in day}) for learner, day in days.items()}
    richer = {
        (learner, kind): (earned[learner], gained[learner])
        for learner, (kind, _) in made.items()
        if gained[learner] > earned[learner] + (room[learner] if kind == "faster" else 0)
    }
    assert richer == {}


def test_a_hundred_thousand_lines_take_the_room_of_what_they_say(tmp_path: Path) -> None:
    lines = honest_day(5)
    file = tmp_path / "long.jsonl"
    text = [json.dumps(line) for line in lines]
    with file.open("w") as out:
        for _ in range(100_000 // len(text) + 1):
            out.write("\n".join(text) + "\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    printed = StringIO()
    call_command("replay_beats", str(file), stdout=printed)
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 20_000
    results = {result["session"]: result for result in map(json.loads, printed.getvalue().splitlines())}
    single = replayed(tmp_path, lines)
    assert by_learner(results) == by_learner(single)
