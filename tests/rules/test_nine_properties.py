"""The nine properties of domain 7.4, one test each, over generated histories. All judged by the rules alone.

The same properties through the database: `tests/packages/player/test_replay_histories.py` (1 to 3),
`tests/flow/test_evidence_to_claim.py` (4), `tests/packages/subsidy/test_decide.py` (5), `tests/packages/claims` (6, 7)
and `tests/packages/ledger/test_verifying.py` (9).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.evidence.data import CreditProposal
from lms.hours.data import HourLimits
from lms.ledger.chain import EntryFacts
from lms.ledger.entries import draft_entries
from lms.ledger.faults import ChainRows, first_fault, project, standing_credits
from lms.ledger.locks import HeadState
from lms.ledger.rules import DayStanding, UnitStanding, clip_credit, spans_touched, split_days
from lms.ledger.writing import EntryWriter
from lms.lib.intervals import total, union
from lms.lib.workdays import shipped_calendar
from lms.player.replay import Recording, judge, replay_limits, take_line
from lms.subsidy.data import FactValue, Outcome, PayeeKind, SubsidyFacts
from lms.subsidy.engine.allocate import Claim, Taken, allocate
from lms.subsidy.engine.assess import assess
from lms.subsidy.engine.pack import PackSet
from lms.subsidy.engine.reader import read_pack
from lms.subsidy.shelf import shipped_pack_set
from tests.factories.histories import CHEATS, Line, cheated, honest_day, muddled
from tests.rules.small_pack import SMALL_PACK

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SEEDS = st.integers(0, 10**9)
SMALL = PackSet(packs=(read_pack(SMALL_PACK),), calendar=shipped_calendar())
SHIPPED = shipped_pack_set()
histories = settings(max_examples=60, deadline=None, derandomize=True)
decisions = settings(max_examples=150, deadline=None, derandomize=True)


# --- a ledger on paper: the rules without the database -------------------------------------------------
@dataclass
class Paper:
    """What the ledger holds after everything was posted, kept in memory."""

    units: dict[tuple[int, str], UnitStanding] = field(default_factory=lambda: defaultdict(UnitStanding))
    days: dict[tuple[int, date], DayStanding] = field(default_factory=lambda: defaultdict(DayStanding))
    heads: dict[int, HeadState] = field(default_factory=dict)
    entries: list[tuple[EntryFacts, str]] = field(default_factory=list)

    def post(self, proposal: CreditProposal) -> None:
        head = self.heads.setdefault(proposal.learner_id, HeadState(seq=0, entry_hash=""))
        writer = EntryWriter(self.heads, now=NOW)
        unit = (proposal.enrolment_id, proposal.unit_key)
        touched = {
            day for span in spans_touched(proposal.stretches, proposal.limits) for day, _, _ in split_days(*span)
        }
        clipped = clip_credit(
            stretches=proposal.stretches,
            mode=proposal.mode,
            limits=proposal.limits,
            unit_limit_ms=proposal.unit_limit_ms,
            unit=self.units[unit],
            days={day: self.days[proposal.learner_id, day] for day in touched},
        )
        for draft in draft_entries(proposal, clipped, covered_before_ms=self.units[unit].covered_ms):
            facts = writer.append(draft, proposal)
            self.entries.append((facts, head.entry_hash))
        self.units[unit] = clipped.unit
        self.days.update({(proposal.learner_id, day): standing for day, standing in clipped.days.items()})

    @property
    def credited_ms(self) -> int:
        return sum(standing.covered_ms for standing in self.units.values())

    @property
    def said(self) -> list[tuple[object, ...]]:
        """What the entries say, without their places in the chains."""
        return sorted(
            (facts.evidence, facts.kind, facts.reason, facts.day, facts.milliseconds, str(facts.pieces))
            for facts, _ in self.entries
        )


def posted(lines: Iterable[Line], limits: HourLimits | None = None) -> Paper:
    recordings: dict[str, Recording] = {}
    for line in lines:
        take_line(recordings, line)
    paper = Paper()
    for chunk in judge(recordings.values(), limits=limits or replay_limits(), now=NOW):
        for judged in sorted(chunk, key=lambda each: each.recording.session):
            paper.post(judged.proposal)
    return paper


# --- the nine ------------------------------------------------------------------------------------------
@histories
@given(seed=SEEDS, cap=st.integers(30, 2_000))
def test_1_credit_never_exceeds_wall_media_or_daily_caps(seed: int, cap: int) -> None:
    lines = honest_day(seed)
    paper = posted(lines, replace(replay_limits(), online_daily_cap_seconds=cap))
    sessions: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        sessions[line["session"]] += [line["started_ms"], line["received_ms"]]
    wall = union((min(instants), max(instants)) for instants in sessions.values())
    assert paper.credited_ms <= total(wall)
    for standing in paper.units.values():
        assert standing.covered_ms == total(standing.covered) <= 900_000
        assert all(0 <= start < end <= 900_000 for start, end in standing.covered)
    for day in paper.days.values():
        assert day.online_ms == day.total_ms == total(day.occupied) <= cap * 1000


@histories
@given(seed=SEEDS, order=SEEDS)
def test_2_order_and_duplication_of_heartbeats_never_change_the_result(seed: int, order: int) -> None:
    lines = honest_day(seed)
    assert posted(muddled(lines, order)).said == posted(lines).said


@histories
@given(seed=SEEDS, kind=st.sampled_from(sorted(CHEATS)), chance=SEEDS, beside=st.booleans())
def test_3_a_cheat_never_raises_the_credit(seed: int, kind: str, chance: int, beside: bool) -> None:
    honest = honest_day(seed)
    cheat = cheated(honest, kind, chance)
    gained = posted([*honest, *cheat] if beside else cheat).credited_ms - posted(honest).credited_ms
    assert gained <= (joinable_ms(honest) if kind == "faster" else 0)


@histories
@given(seed=SEEDS)
def test_4_the_ledgers_sum_is_the_number_on_certificate_and_claim(seed: int) -> None:
    paper = posted(honest_day(seed))
    seconds: dict[tuple[int, str], int] = defaultdict(int)
    for facts, _ in paper.entries:
        seconds[facts.enrolment, facts.unit] += facts.seconds if facts.kind == "credit" else 0
    on_statement = {unit: standing.covered_ms // 1000 for unit, standing in paper.units.items()}
    assert seconds == on_statement
    credited = sum(on_statement.values())
    claim = assess(SMALL, "SMALL-HOURS", _facts(credited_s=credited + 64_800))
    assert claim.amount_fen == (credited + 64_800) // 2_700 * 1_500


@decisions
@given(credited=st.integers(0, 200_000), fit=st.sampled_from([True, False, None]), more=st.integers(1, 90_000))
def test_5_a_policy_publish_never_changes_a_decision_already_made(credited: int, fit: bool | None, more: int) -> None:
    value = '{ from = 2026-07-01, value = 54000, ref = "SMALL 2.1" }'
    assert value in SMALL_PACK
    later = f'{value},\n    {{ from = 2026-10-01, value = {more}, ref = "SMALL 3.1" }}'
    version = '[[versions]]\nid = "SMALL-3"\nfrom = 2026-10-01\nref = "SMALL 3"\n\n[parameters.least_s]'
    text = SMALL_PACK.replace(value, later).replace(
        'from = 2026-07-01\nref = "SMALL 2"', 'from = 2026-07-01\nto = 2026-09-30\nref = "SMALL 2"'
    )
    published = PackSet(packs=(read_pack(text.replace("[parameters.least_s]", version)),), calendar=SMALL.calendar)
    facts = _facts(credited_s=credited, fit=fit)
    before, after = assess(SMALL, "SMALL-HOURS", facts), assess(published, "SMALL-HOURS", facts)
    assert before.pack_digest != after.pack_digest
    assert replace(after, pack_digest=before.pack_digest) == before


@decisions
@given(
    history=st.lists(
        st.tuples(st.sampled_from("PQ"), st.integers(60_000, 90_000), st.sampled_from("abcdef")), max_size=20
    )
)
def test_6_no_two_paid_lines_use_the_same_hours_or_break_the_yearly_number(
    history: list[tuple[str, int, str]],
) -> None:
    claims = [
        Claim(
            claim_ref=f"C{number}",
            person_ref=person,
            programme="SMALL-HOURS",
            district="310115",
            order=(1_000, number),
            values=dict(_facts(credited_s=seconds, ledger_keys=frozenset({f"{person}{hours}"})).values),
        )
        for number, (person, seconds, hours) in enumerate(history)
    ]
    found = list(allocate(SMALL, claims, Taken()))
    for person in "PQ":
        paid = [
            claim
            for claim, item in zip(claims, found, strict=True)
            if claim.person_ref == person and item.outcome is Outcome.APPROVE
        ]
        assert len(paid) <= 2
        assert len({str(claim.values["ledger_keys"]) for claim in paid}) == len(paid)


@decisions
@given(
    programme=st.sampled_from(sorted(SHIPPED.programmes)),
    unknown=st.lists(st.integers(0, 60), max_size=6),
)
def test_7_the_payee_is_always_exactly_one(programme: str, unknown: Sequence[int]) -> None:
    baseline = SHIPPED.pack_for(programme).schemes[programme].baseline
    names = sorted(baseline)
    missing: dict[str, FactValue] = {names[place % len(names)]: None for place in unknown}
    found = assess(SHIPPED, programme, SubsidyFacts(values={**baseline, **missing}))
    assert isinstance(found.payee_kind, PayeeKind)
    assert found.payee_ref or not found.amount_fen
    assert found.outcome not in (Outcome.REFUSE, Outcome.HOLD) or not found.amount_fen


@decisions
@given(hours=st.tuples(st.integers(0, 400_000), st.integers(0, 400_000)), plan=st.sampled_from(["theory", "mixed"]))
def test_8_the_amount_grows_with_the_hours_and_stays_under_its_cap(hours: tuple[int, int], plan: str) -> None:
    baseline = SHIPPED.pack_for("SME-GROUP").schemes["SME-GROUP"].baseline
    few, many = (
        assess(SHIPPED, "SME-GROUP", SubsidyFacts(values={**baseline, "credited_s": value, "plan_kind": plan}))
        for value in sorted(hours)
    )
    assert 0 <= few.amount_fen <= many.amount_fen <= 40 * 1_500 + 1_000 + 6_500


@histories
@given(seed=SEEDS, how=st.sampled_from(["remove", "edit", "swap", "move"]), chance=SEEDS)
def test_9_removing_editing_or_reordering_any_row_is_found(seed: int, how: str, chance: int) -> None:
    paper = posted(honest_day(seed))
    rows = chain_of(paper)
    assert first_fault(rows) is None
    hand = random.Random(chance)  # noqa: S311  the same in each run
    assert first_fault(tampered(rows, how, hand)) is not None


def joinable_ms(lines: Iterable[Line]) -> int:
    """The room that holes between stretches have: a speed of 1.01 leaves holes as small as those of an honest page, and
    they are closed where so much time really passed beside them, as at a reload."""
    return replay_limits().join_gap_ms * len({(line["session"], line["boot"]) for line in lines})


# --- hands on the chain -----------------------------------------------------------------------------------
def chain_of(paper: Paper) -> ChainRows:
    """The rows of the only learner, as verification would read them."""
    ((learner, head),) = paper.heads.items()
    units, days, occupied = project(standing_credits(facts for facts, _ in paper.entries))
    return ChainRows(
        learner_id=learner,
        entries=tuple(paper.entries),
        head=(head.seq, head.entry_hash),
        last_key=head.seq,
        evidence={facts.evidence: facts.evidence_digest for facts, _ in paper.entries},
        units=units,
        days=days,
        occupied=occupied,
        anchored={},
    )


def tampered(rows: ChainRows, how: str, hand: random.Random) -> ChainRows:
    entries = list(rows.entries)
    place = hand.randrange(len(entries))
    facts, digest = entries[place]
    match how:
        case "remove":
            del entries[place]
        case "edit":
            name = hand.choice(["milliseconds", "seconds", "enrolment", "part", "sealed_at_us", "source_revision"])
            entries[place] = (msgspec.structs.replace(facts, **{name: getattr(facts, name) + 1}), digest)
        case "swap":
            other = (place + 1) % len(entries)
            entries[place], entries[other] = entries[other], entries[place]
            if place == other:
                entries.append(entries[place])
        case _:
            entries[place] = (msgspec.structs.replace(facts, seq=facts.seq + 1), digest)
    return replace(rows, entries=tuple(entries))


def _facts(**changes: FactValue) -> SubsidyFacts:
    return SubsidyFacts(values={**SMALL.packs[0].schemes["SMALL-HOURS"].baseline, **changes})
