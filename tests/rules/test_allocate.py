from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.lib.workdays import shipped_calendar
from lms.subsidy.data import EarlierLine, FactValue, LineStatus, Outcome
from lms.subsidy.engine.allocate import Allocation, Claim, OutOfOrder, Pot, Taken, allocate, allocate_one
from lms.subsidy.engine.pack import PackSet
from lms.subsidy.engine.reader import read_pack
from tests.rules.small_pack import SMALL_PACK

PACKS = PackSet(packs=(read_pack(SMALL_PACK),), calendar=shipped_calendar())
REFUSING = PackSet(packs=(read_pack(SMALL_PACK.replace('"queue"', '"refuse"')),), calendar=shipped_calendar())
BASE = PACKS.packs[0].schemes["SMALL-HOURS"].baseline
POT = Pot("小基金", "310115", 2026)


def claim(number: int, person: str = "P", **changes: FactValue) -> Claim:
    keys: FactValue = frozenset({f"hours of {number}"})
    return Claim(
        claim_ref=f"C{number}",
        person_ref=person,
        programme="SMALL-HOURS",
        district="310115",
        order=(1_000, number),
        values={**BASE, "ledger_keys": keys, **changes},
    )


def run(claims: list[Claim], taken: Taken | None = None, packs: PackSet = PACKS) -> list[Allocation]:
    return list(allocate(packs, claims, taken if taken is not None else Taken()))


def outcomes(allocations: list[Allocation]) -> list[Outcome]:
    return [item.outcome for item in allocations]


A, R, H = Outcome.APPROVE, Outcome.REFUSE, Outcome.HOLD


def test_first_come_first_served_up_to_the_yearly_number() -> None:
    assert outcomes(run([claim(1), claim(2), claim(3)])) == [A, A, R]


def test_another_person_has_a_number_of_their_own() -> None:
    assert outcomes(run([claim(1), claim(2), claim(3, "Q")])) == [A, A, A]


def test_a_refused_claim_uses_up_nothing() -> None:
    assert outcomes(run([claim(1, fit=False), claim(2), claim(3)])) == [R, A, A]


def test_a_held_claim_keeps_its_place() -> None:
    assert outcomes(run([claim(1, fit=None), claim(2), claim(3)])) == [H, A, R]


def test_the_same_hours_twice_in_one_run() -> None:
    same: FactValue = frozenset({"x"})
    found = run([claim(1, ledger_keys=same), claim(2, ledger_keys=same)])
    assert outcomes(found) == [A, R]
    assert [verdict.conflicts for verdict in found[1].judged.verdicts if verdict.passed is False] == [("C1",)]


def test_paid_lines_of_before_count() -> None:
    paid = EarlierLine(
        line_ref="old",
        programme="SMALL-HOURS",
        status=LineStatus.PAID,
        submitted_on=date(2026, 1, 5),
        evidence=frozenset(),
    )
    taken = Taken(lines={"P": (paid, replace(paid, line_ref="older"))})
    assert outcomes(run([claim(1)], taken)) == [R]
    assert taken.lines["P"] == (paid, replace(paid, line_ref="older"))


def test_an_empty_pot_queues_and_the_place_is_kept() -> None:
    taken = Taken(left_fen={POT: 36_000 + 35_999})
    found = run([claim(1, "P"), claim(2, "Q"), claim(3, "R")], taken)
    assert outcomes(found) == [A, H, H]
    assert [item.queued for item in found] == [False, True, True]
    assert [item.amount_fen for item in found] == [36_000, 0, 0]
    assert taken.left_fen == {POT: 35_999}
    assert len(taken.lines["Q"]) == 1


def test_a_smaller_claim_may_still_fit() -> None:
    taken = Taken(left_fen={POT: 2_000})
    assert outcomes(run([claim(1, "P"), claim(2, "Q", credited_s=64_800, filed_on=date(2026, 7, 1))], taken)) == [H, H]
    taken = Taken(left_fen={POT: 34_500})
    assert outcomes(run([claim(1, "P"), claim(2, "Q", credited_s=62_100, filed_on=date(2026, 7, 1))], taken)) == [H, A]
    assert taken.left_fen == {POT: 0}


def test_where_the_policy_refuses_for_lack_of_money_the_place_is_free_again() -> None:
    taken = Taken(left_fen={POT: 0})
    assert outcomes(run([claim(1), claim(2), claim(3)], taken, REFUSING)) == [R, R, R]
    assert taken.lines == {}


def test_a_pot_without_a_budget_is_not_limited() -> None:
    taken = Taken(left_fen={Pot("小基金", "310104", 2026): 0})
    assert outcomes(run([claim(1)], taken)) == [A]


def test_claims_must_come_in_the_order_of_submission() -> None:
    taken = Taken()
    allocate_one(PACKS, claim(2), taken)
    for number in (2, 1):
        with pytest.raises(OutOfOrder):
            allocate_one(PACKS, claim(number), taken)


histories = st.lists(
    st.tuples(
        st.sampled_from(["P", "Q", "R"]),
        st.integers(60_000, 120_000),
        st.sampled_from([True, False, None]),
        st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h"]),
    ),
    max_size=25,
)


@given(histories, st.integers(0, 500_000))
def test_no_pot_is_overdrawn_no_hours_are_used_twice_no_year_is_overfull(
    history: list[tuple[str, int, bool | None, str]], money: int
) -> None:
    claims = [
        claim(number, person, credited_s=seconds, fit=fit, ledger_keys=frozenset({f"{person}{hours}"}))
        for number, (person, seconds, fit, hours) in enumerate(history)
    ]
    taken = Taken(left_fen={POT: money})
    found = run(claims, taken)
    paid = sum(item.amount_fen for item in found if item.outcome is A)
    assert taken.left_fen[POT] == money - paid >= 0
    for person in "PQR":
        kept = [
            one for one, item in zip(claims, found, strict=True) if one.person_ref == person and item.outcome in (A, H)
        ]
        assert len(kept) <= 2
        used = [key for one in kept for key in one.values["ledger_keys"]]  # type: ignore[union-attr]
        assert len(used) == len(set(used))


@given(histories, st.integers(0, 500_000))
def test_one_by_one_equals_in_bulk(history: list[tuple[str, int, bool | None, str]], money: int) -> None:
    claims = [
        claim(number, person, credited_s=seconds, fit=fit, ledger_keys=frozenset({f"{person}{hours}"}))
        for number, (person, seconds, fit, hours) in enumerate(history)
    ]
    bulk = run(claims, Taken(left_fen={POT: money}))
    taken = Taken(left_fen={POT: money})
    single = [allocate_one(PACKS, one, taken) for one in claims]
    assert [(item.outcome, item.amount_fen) for item in bulk] == [(item.outcome, item.amount_fen) for item in single]
