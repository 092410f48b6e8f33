"""Which moments a presence check confirms: figures, and properties over generated histories of checks."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from lms.hours.api import CURRENT_PACK, limits_for
from lms.player.data import CheckResult, Played
from lms.player.proofs import Bounds, Proof, Proven, prove

LIMITS = limits_for(pack=CURRENT_PACK, category="blended_class")
NOON = 1_790_000_000_000
CLOSES = NOON + 40 * 86_400_000
DELIVERY, SLACK = 60_000, 2_000
PASSED, FAILED, LAPSED = CheckResult.PASSED, CheckResult.FAILED, CheckResult.LAPSED


def played(from_s: int, to_s: int) -> Played:
    return Played(NOON + from_s * 1000, from_s * 1000, (to_s - from_s) * 1000)


def check(asked_s: int, decided_s: int, result: CheckResult) -> Proof:
    return Proof(NOON + asked_s * 1000, NOON + decided_s * 1000, result)


def judge(
    stretches: Sequence[Played], proofs: Sequence[Proof], *, ended_s: int | None = None, now_ms: int = NOON
) -> Proven:
    ended = None if ended_s is None else NOON + ended_s * 1000
    return prove(stretches, proofs, Bounds(CLOSES, ended), LIMITS, now_ms=now_ms)


def spans(stretches: Sequence[Played]) -> list[tuple[float, float]]:
    return [((part.wall_from_ms - NOON) / 1000, (part.wall_to_ms - NOON) / 1000) for part in stretches]


def told(proven: Proven) -> tuple[list[tuple[float, float]], list[tuple[float, float]], list[tuple[float, float]]]:
    return spans(proven.sealed), spans([part.claim for part in proven.refused]), spans(proven.pending)


def test_without_a_check_everything_waits() -> None:
    assert told(judge([played(0, 600)], [])) == ([], [], [(0, 600)])


def test_a_passed_check_confirms_everything_before_it_and_nothing_after() -> None:
    assert told(judge([played(0, 700)], [check(590, 610, PASSED)])) == ([(0, 610)], [], [(610, 700)])


def test_a_failed_check_voids_only_back_to_the_last_proof() -> None:
    proofs = [check(300, 310, PASSED), check(900, 970, FAILED)]
    told_now = told(judge([played(0, 305), played(312, 910), played(990, 1100)], proofs))
    assert told_now == ([(0, 305)], [(312, 910)], [(990, 1100)])


def test_what_was_played_past_the_delivery_is_refused_even_when_the_check_is_passed() -> None:
    proofs = [check(600, 800, PASSED)]
    assert told(judge([played(0, 900)], proofs)) == ([(0, 660), (798, 800)], [(660, 798)], [(800, 900)])


def test_a_check_that_lapsed_decides_nothing_and_the_next_one_does() -> None:
    proofs = [check(600, 4_000, LAPSED), check(4_000, 4_010, PASSED)]
    assert told(judge([played(0, 612)], proofs)) == ([(0, 612)], [], [])
    assert told(judge([played(0, 700)], proofs)) == ([(0, 660)], [(660, 700)], [])


def test_a_session_that_failed_checks_have_ended_counts_no_more() -> None:
    proofs = [check(600, 660, FAILED), check(5_000, 5_010, PASSED)]
    assert told(judge([played(670, 800)], proofs)) == ([(670, 800)], [], [])
    assert told(judge([played(670, 800)], proofs, ended_s=660)) == ([], [(670, 800)], [])


def test_what_waits_when_the_make_up_days_end_is_refused_and_later_checks_change_nothing() -> None:
    late = Proof(CLOSES + 5_000, CLOSES + 9_000, PASSED)
    assert told(judge([played(0, 600)], [late], now_ms=CLOSES)) == ([], [(0, 600)], [])


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Played], list[Proof], int | None]:
    """Checks of one enrolment, each asked after the last was decided, and stretches of play anywhere between."""
    proofs: list[Proof] = []
    at = 0
    for _ in range(draw(st.integers(0, 6))):
        asked = at + draw(st.integers(0, 1_500_000))
        decided = asked + draw(st.integers(0, 200_000))
        proofs.append(Proof(NOON + asked, NOON + decided, draw(st.sampled_from(CheckResult))))
        at = decided
    stretches: list[Played] = []
    wall = 0
    for _ in range(draw(st.integers(0, 8))):
        wall += draw(st.integers(0, 400_000))
        length = draw(st.integers(1, 900_000))
        stretches.append(Played(NOON + wall, draw(st.integers(0, 2_000_000)), length))
        wall += length
    ended = draw(st.none() | st.integers(0, 3_000_000).map(lambda late: NOON + late))
    return stretches, proofs, ended


def moments(parts: Sequence[Played]) -> list[tuple[int, int, int]]:
    """The same milliseconds however they are cut: wall, shift to the media, length, neighbours joined."""
    rows: list[tuple[int, int, int]] = []
    for part in sorted(parts):
        shift = part.media_from_ms - part.wall_from_ms
        if rows and rows[-1][0] + rows[-1][2] == part.wall_from_ms and rows[-1][1] == shift:
            rows[-1] = (rows[-1][0], shift, rows[-1][2] + part.length_ms)
        else:
            rows.append((part.wall_from_ms, shift, part.length_ms))
    return rows


@given(histories())
def test_every_millisecond_is_sealed_refused_or_pending_exactly_once(
    history: tuple[list[Played], list[Proof], int | None],
) -> None:
    stretches, proofs, ended = history
    proven = prove(stretches, proofs, Bounds(CLOSES, ended), LIMITS, now_ms=NOON)
    parts = [*proven.sealed, *(part.claim for part in proven.refused), *proven.pending]
    assert moments(parts) == moments(stretches)
    closed = prove(stretches, proofs, Bounds(CLOSES, ended), LIMITS, now_ms=CLOSES)
    assert closed.pending == ()
    assert closed.sealed == proven.sealed


def plainly(moment: int, proofs: Sequence[Proof], ended: int | None) -> str:
    """The rule of the docstring, word by word, for one millisecond."""
    if ended is not None and moment >= ended - SLACK:
        return "refused"
    if any(proof.asked_ms + DELIVERY <= moment < proof.decided_ms - SLACK for proof in proofs):
        return "refused"
    for proof in sorted(proofs, key=lambda item: item.decided_ms):
        if proof.result is PASSED and moment < proof.decided_ms:
            return "sealed"
        if proof.result is FAILED and moment < proof.decided_ms - SLACK:
            return "refused"
    return "pending"


@given(histories(), st.data())
def test_each_moment_has_the_fate_that_the_rule_gives_it_alone(
    history: tuple[list[Played], list[Proof], int | None], data: st.DataObject
) -> None:
    stretches, proofs, ended = history
    proven = prove(stretches, proofs, Bounds(CLOSES, ended), LIMITS, now_ms=NOON)
    fates = {
        "sealed": proven.sealed,
        "refused": tuple(part.claim for part in proven.refused),
        "pending": proven.pending,
    }
    for stretch in stretches:
        for moment in (
            stretch.wall_from_ms,
            stretch.wall_to_ms - 1,
            stretch.wall_from_ms + data.draw(st.integers(0, stretch.length_ms - 1)),
        ):
            [fate] = [
                name
                for name, parts in fates.items()
                if any(part.wall_from_ms <= moment < part.wall_to_ms for part in parts)
            ]
            assert fate == plainly(moment, proofs, ended)


@given(histories(), st.randoms(use_true_random=False))
def test_deciding_at_each_outcome_gives_the_same_as_deciding_once_at_the_end(
    history: tuple[list[Played], list[Proof], int | None], chance: object
) -> None:
    """Beats arrive in any order, some late, outcomes fall in between: nothing sealed is ever judged otherwise later."""
    stretches, proofs, ended = history
    once = prove(stretches, proofs, Bounds(CLOSES, ended), LIMITS, now_ms=NOON)
    arriving = list(stretches)
    chance.shuffle(arriving)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    waiting: list[Played] = []
    sealed: list[Played] = []
    refused: list[Played] = []
    for step in range(max(len(proofs), len(arriving)) + 1):
        waiting += arriving[step : step + 1]
        # a beat never arrives before it was played: what an outcome finds is what lies before it
        known = proofs[: min(step, len(proofs))]
        last = known[-1].decided_ms if known else NOON
        ready = [part for part in waiting if part.wall_to_ms <= last + SLACK or step >= len(proofs)]
        held = [part for part in waiting if part not in ready]
        proven = prove(ready, known, Bounds(CLOSES, ended), LIMITS, now_ms=NOON)
        sealed += proven.sealed
        refused += [part.claim for part in proven.refused]
        waiting = [*held, *proven.pending]
    assert moments(sealed) == moments(once.sealed)
    assert moments(refused) == moments([part.claim for part in once.refused])
    assert moments(waiting) == moments(once.pending)
