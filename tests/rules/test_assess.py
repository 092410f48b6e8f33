from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.lib.workdays import shipped_calendar
from lms.subsidy.data import (
    Assessment,
    EarlierLine,
    EvidenceRef,
    FactError,
    FactValue,
    LineStatus,
    Outcome,
    PayeeKind,
    SubsidyFacts,
    Text,
    UnknownProgramme,
)
from lms.subsidy.engine.assess import assess
from lms.subsidy.engine.freeze import (
    assessment_bytes,
    assessment_from_json,
    facts_digest,
    select_facts,
    thaw_facts,
    to_json,
)
from lms.subsidy.engine.pack import PackSet
from lms.subsidy.engine.reader import read_pack
from lms.subsidy.shelf import shipped_pack_set
from tests.rules.small_pack import SMALL_PACK

PACKS = PackSet(packs=(read_pack(SMALL_PACK),), calendar=shipped_calendar())
SMALL = PACKS.packs[0].schemes["SMALL-HOURS"]
SHIPPED = shipped_pack_set()


def small(*lines: EarlierLine, **changes: FactValue) -> Assessment:
    return assess(PACKS, "SMALL-HOURS", SubsidyFacts(values={**SMALL.baseline, **changes}, lines=lines))


def shipped(programme: str, *lines: EarlierLine, **changes: FactValue) -> Assessment:
    scheme = SHIPPED.pack_for(programme).schemes[programme]
    return assess(SHIPPED, programme, SubsidyFacts(values={**scheme.baseline, **changes}, lines=lines))


def line(ref: str = "L-1", **changes: object) -> EarlierLine:
    plain = EarlierLine(
        line_ref=ref,
        programme="SMALL-HOURS",
        status=LineStatus.PENDING,
        submitted_on=date(2026, 2, 1),
        evidence=frozenset(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_an_approval_names_payee_amount_version_and_every_clause() -> None:
    found = small()
    assert found.outcome is Outcome.APPROVE
    assert (found.payee_kind, found.payee_ref) == (PayeeKind.ENTERPRISE, "91310115MAE0A0015G")
    assert found.amount_fen == found.potential_fen == 36_000
    assert [check.code for check in found.clauses] == ["HRS", "FIT", "CAP", "ONCE"]
    assert all(check.passed for check in found.clauses)
    assert [(step.name, step.value) for step in found.amount_steps] == [("whole", 24), ("due", 36_000)]
    assert found.amount_steps[1].shown == Text(zh="360.00 元", en="360.00 yuan")
    assert (found.pack_id, found.version) == ("SMALL", "SMALL-1")
    assert found.deadline_on == date(2026, 3, 16)
    assert found.failed_clauses == found.open_clauses == ()


def test_a_refusal_says_required_observed_difference_and_what_to_do() -> None:
    found = shipped("ENT-ONLINE", filed_video_s=64_800, credited_video_s=64_740)
    assert found.outcome is Outcome.REFUSE
    assert found.amount_fen == 0
    assert found.failed_clauses == ("EO-01", "HRS-01")
    (check,) = [check for check in found.clauses if check.code == "EO-01"]
    assert check.reason.zh == "条款 EO-01 未满足：要求 64,800 秒（24 学时），认定 64,740 秒，差 60 秒。"
    assert (
        check.reason.en == "Clause EO-01 is not met: 64,800 s (24 periods) are needed, credited 64,740 s, 60 s short."
    )
    assert check.observed.zh == "认定 64,740 秒（23.9 学时）"
    assert check.fix.zh.startswith("请在班级结束前继续学习")
    seen = {item.name: item.value.zh for item in check.trace}
    assert seen == {"online_s": "64,740", "p.online_min_seconds": "64,800"}


def test_all_clauses_are_evaluated_even_after_a_failure() -> None:
    found = small(line(evidence=frozenset({"own"})), credited_s=0, fit=False)
    assert [(check.code, check.passed) for check in found.clauses] == [
        ("HRS", False),
        ("FIT", False),
        ("CAP", True),
        ("ONCE", False),
    ]


def test_unknown_holds_and_says_what_is_awaited() -> None:
    found = small(fit=None)
    assert found.outcome is Outcome.HOLD
    assert (found.amount_fen, found.potential_fen) == (0, 36_000)
    (check,) = [check for check in found.clauses if check.passed is None]
    assert check.reason == Text(
        zh="条款 FIT 待核实：尚未取得符合主营业务。", en="Clause FIT is open: still waiting for fits the business."
    )
    assert check.unknown == ("fit",)
    assert check.observed == Text(zh="尚未核实", en="not known yet")


def test_an_open_clause_names_the_facts_behind_its_derived_names() -> None:
    (check,) = [check for check in small(credited_s=None).clauses if check.passed is None]
    assert (check.code, check.unknown) == ("HRS", ("credited_s",))


def test_a_failure_outweighs_an_unknown() -> None:
    assert small(fit=None, credited_s=0).outcome is Outcome.REFUSE


def test_an_unknown_payee_is_no_approval() -> None:
    assert small(payee=None).outcome is Outcome.HOLD


def test_no_version_in_force_is_its_own_answer() -> None:
    found = small(filed_on=date(2025, 12, 31))
    assert found.outcome is Outcome.NOT_IN_FORCE
    assert (found.amount_fen, found.clauses, found.version, found.payee_ref) == (0, (), "", None)


def test_the_deciding_date_picks_the_version_to_the_day() -> None:
    assert small(filed_on=date(2026, 6, 30), credited_s=64_799).failed_clauses == ("HRS",)
    later = small(filed_on=date(2026, 7, 1), credited_s=64_799)
    assert (later.outcome, later.version, later.amount_fen) == (Outcome.APPROVE, "SMALL-2", 34_500)


def test_before_the_deciding_date_is_known_the_claim_is_shown_and_held() -> None:
    found = shipped("IND-SKILL", certificate_on=None, certificate_verified=None)
    assert found.outcome is Outcome.HOLD
    assert found.version == "REF-SH-2026.1"
    assert found.potential_fen == 160_000
    assert found.deadline_on is None
    assert "IS-01" in found.open_clauses


def test_a_forced_version_overrules_the_deciding_date() -> None:
    facts = SubsidyFacts(values={**SMALL.baseline, "credited_s": 60_000})
    assert assess(PACKS, "SMALL-HOURS", facts, version="SMALL-2").outcome is Outcome.APPROVE
    assert assess(PACKS, "SMALL-HOURS", facts, version="SMALL-1").outcome is Outcome.REFUSE


def test_earlier_lines_count_by_programme_and_year() -> None:
    one, two = line("L-1"), line("L-2")
    assert small(one).outcome is Outcome.APPROVE
    found = small(one, two)
    assert found.failed_clauses == ("CAP",)
    (check,) = [check for check in found.clauses if check.code == "CAP"]
    assert check.conflicts == ("L-1", "L-2")
    assert check.observed.zh == "已有 2 次"
    assert small(one, replace(two, programme="OTHER")).outcome is Outcome.APPROVE
    assert small(one, replace(two, submitted_on=date(2025, 12, 31))).outcome is Outcome.APPROVE


def test_a_line_of_unknown_year_makes_the_count_uncertain_only_where_it_decides() -> None:
    unsure = line("L-2", submitted_on=None)
    assert small(unsure).outcome is Outcome.APPROVE
    assert small(line("L-1"), unsure).outcome is Outcome.HOLD
    assert small(line("L-1"), line("L-3"), unsure).outcome is Outcome.REFUSE


def test_the_same_hours_support_one_claim_only() -> None:
    other = line(programme="OTHER", evidence=frozenset({"own"}))
    found = small(other)
    assert found.failed_clauses == ("ONCE",)
    assert small(replace(other, evidence=frozenset({"else"}))).outcome is Outcome.APPROVE


def test_a_recalculation_pays_back_what_is_too_much() -> None:
    refused = shipped("ENT-ONLINE", credited_video_s=63_000, already_paid_fen=55_100)
    assert (refused.outcome, refused.amount_fen, refused.failed_clauses) == (
        Outcome.CLAWBACK,
        -55_100,
        ("EO-01", "HRS-01"),
    )
    less = shipped("SME-GROUP", credited_s=39 * 2700, already_paid_fen=67_500)
    assert (less.outcome, less.amount_fen, less.failed_clauses) == (Outcome.CLAWBACK, -1_500, ())
    same = shipped("ENT-ONLINE", already_paid_fen=55_100)
    assert (same.outcome, same.amount_fen) == (Outcome.APPROVE, 0)


def test_facts_are_checked_at_the_door() -> None:
    with pytest.raises(FactError, match="not a fact of SMALL"):
        small(nonsense=1)
    with pytest.raises(FactError, match="credited_s must be int"):
        small(credited_s=True)
    with pytest.raises(FactError, match="out of bounds"):
        small(credited_s=10**16)
    with pytest.raises(FactError, match="between 1900 and 2999"):
        small(filed_on=date(1899, 1, 1))
    with pytest.raises(UnknownProgramme):
        assess(PACKS, "NOBODY", SubsidyFacts(values={}))


def test_two_packs_cannot_answer_for_one_programme() -> None:
    with pytest.raises(ValueError, match="SMALL-HOURS"):
        PackSet(packs=(PACKS.packs[0], PACKS.packs[0]), calendar=shipped_calendar())


def test_frozen_facts_thaw_to_the_same_decision_byte_for_byte() -> None:
    facts = SubsidyFacts(
        values={**SMALL.baseline, "fit": None},
        lines=(line("L-2"), line("L-1", evidence=frozenset({"b", "a"}))),
        evidence={"credited_s": (EvidenceRef(kind="statement", ref="7:12", digest="ab"),)},
    )
    first = assess(PACKS, "SMALL-HOURS", facts)
    frozen = select_facts(PACKS.packs[0], SMALL, facts)
    again = assess(PACKS, "SMALL-HOURS", thaw_facts(PACKS.packs[0], frozen))
    assert assessment_bytes(again) == assessment_bytes(first)
    assert first.facts_digest == facts_digest(frozen)
    assert assessment_from_json(to_json(first)) == first


def test_the_order_of_lines_changes_nothing() -> None:
    one, two = line("L-1"), line("L-2")
    facts = [SubsidyFacts(values=SMALL.baseline, lines=lines) for lines in ((one, two), (two, one))]
    digests = {facts_digest(select_facts(PACKS.packs[0], SMALL, item)) for item in facts}
    assert len(digests) == 1


def test_changing_a_fact_or_its_evidence_changes_the_digest() -> None:
    plain = SubsidyFacts(values=SMALL.baseline)
    other = SubsidyFacts(values={**SMALL.baseline, "credited_s": 64_801})
    proved = SubsidyFacts(values=SMALL.baseline, evidence={"fit": (EvidenceRef(kind="filing", ref="1"),)})
    digests = {facts_digest(select_facts(PACKS.packs[0], SMALL, item)) for item in (plain, other, proved)}
    assert len(digests) == 3


seconds = st.integers(0, 300_000)


@given(seconds, seconds, st.booleans(), st.booleans(), st.sampled_from(["theory", "mixed"]))
def test_more_hours_never_give_less_and_never_more_than_the_cap(
    one: int, other: int, theory: bool, practice: bool, plan: str
) -> None:
    few, many = sorted((one, other))
    found = [
        shipped("SME-GROUP", credited_s=value, theory_exam=theory, practice_exam=practice, plan_kind=plan).amount_fen
        for value in (few, many)
    ]
    assert found[0] <= found[1] <= 40 * 1500 + 1000 + 6500


@given(st.integers(0, 10**8), st.dates(date(2026, 1, 1), date(2026, 12, 1)))
def test_online_training_never_pays_more_than_the_cap(cost: int, filed: date) -> None:
    found = shipped("ENT-ONLINE", cost_fen=cost, filed_on=filed)
    assert found.potential_fen is not None
    assert 0 <= found.potential_fen <= 60_000
    if filed < date(2026, 7, 1):
        assert found.potential_fen <= cost * 95 // 100
    else:
        assert found.potential_fen == 60_000


@given(
    st.sets(
        st.sampled_from(["EMP", "FLEX", "UNEMP", "XB", "RURAL", "DIS", "VET5", "HARD", "GRAD-C", "GRAD-V", "PRISON"])
    ),
    st.sampled_from([1, 2, 3, 4, 5, 9]),
    st.booleans(),
)
def test_the_best_group_wins_and_more_groups_never_cost(groups: set[str], level: int, shortage: bool) -> None:
    def due(codes: set[str]) -> int:
        return shipped("IND-SKILL", groups=frozenset(codes), level=level, shortage=shortage).potential_fen or 0

    assert due(groups) == max((due({code}) for code in groups), default=0)
    assert due(groups) <= 350_000 * 130 // 100


facts_of_online = st.fixed_dictionaries(
    {
        "identity_level": st.sampled_from([None, 1, 2]),
        "on_roster": st.sampled_from([None, True, False]),
        "fits_business": st.sampled_from([None, True, False]),
        "credited_video_s": st.sampled_from([None, 64_799, 64_800]),
        "cost_fen": st.sampled_from([None, 58_000]),
        "submitted_on": st.sampled_from([None, date(2026, 4, 3), date(2026, 4, 4)]),
    }
)


@given(facts_of_online)
def test_the_outcome_follows_from_the_clauses_and_pays_exactly_one(changes: dict[str, FactValue]) -> None:
    found = shipped("ENT-ONLINE", **changes)
    if found.failed_clauses:
        assert found.outcome is Outcome.REFUSE
    elif found.open_clauses or changes["cost_fen"] is None:
        assert found.outcome is Outcome.HOLD
    else:
        assert found.outcome is Outcome.APPROVE
    assert (found.amount_fen > 0) == (found.outcome is Outcome.APPROVE)
    assert found.payee_ref == "91310115MAE0A0015G"


def test_every_sentence_of_every_clause_is_written_in_both_languages_without_a_hole() -> None:
    for programme in SHIPPED.programmes:
        scheme = SHIPPED.pack_for(programme).schemes[programme]
        for values in (scheme.baseline, {}):
            given_values = {**values, "filed_on": date(2026, 3, 2)} if "filed_on" in scheme.facts else values
            found = assess(SHIPPED, programme, SubsidyFacts(values={**given_values, "submitted_on": date(2026, 3, 30)}))
            assert found.clauses
            for check in found.clauses:
                for text in (check.title, check.required, check.observed, check.reason, check.fix):
                    assert text.zh
                    assert text.en
                    assert "{" not in text.zh + text.en
                    assert "None" not in text.zh + text.en
