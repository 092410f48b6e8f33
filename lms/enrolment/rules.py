"""Judgements on class runs, filings and rosters. Pure: dates and facts come in, refusals come out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from courses.data import CurriculumVersion, UnitMode
from lms.enrolment.data import ClassRunFacts, ClassRunState, Duty, PayeeKind, Programme, Refusal
from lms.hours.data import HourLimits
from lms.lib.localday import day_start
from lms.lib.months import add_months

_LONGEST_CLASS_DAYS = 366


def judge_class_dates(starts_on: date, ends_on: date) -> tuple[Refusal, ...]:
    """A class ends on or after the day it starts, and lasts no longer than a year."""
    days = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
    if ends_on < starts_on:
        return (Refusal(code="ends_before_start", field="ends_on", params=days),)
    if (ends_on - starts_on).days >= _LONGEST_CLASS_DAYS:
        return (Refusal(code="class_too_long", field="ends_on", params=days),)
    return ()


def judge_filing_dates(starts_on: date, ends_on: date, filed_on: date, limits: HourLimits) -> tuple[Refusal, ...]:
    """GEN-04: the class starts after the filing day and ends within `filing_months` of it, last day included."""
    latest_end = add_months(filed_on, limits.filing_months)
    figures: dict[str, str | int] = {
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "filed_on": filed_on.isoformat(),
        "earliest_start": (filed_on + timedelta(days=1)).isoformat(),
        "latest_end": latest_end.isoformat(),
        "months": limits.filing_months,
    }
    refusals = list(judge_class_dates(starts_on, ends_on))
    if starts_on <= filed_on:
        refusals.append(Refusal(code="starts_by_filing_day", field="starts_on", params=figures))
    if ends_on > latest_end:
        refusals.append(Refusal(code="ends_too_late", field="ends_on", params=figures))
    return tuple(refusals)


def judge_payee(
    programme: Programme,
    payee_kind: PayeeKind,
    *,
    provider_id: int,
    employer_ids: Collection[int],
    payee_id: int | None,
) -> tuple[Refusal, ...]:
    """The payee is one that the programme knows, and is a party of the class: the provider or an employer."""
    refusals: list[Refusal] = []
    if payee_kind not in programme.payee_kinds:
        refusals.append(Refusal(code="payee_kind", field="payee_kind", params={"programme": programme.code}))
    if programme.employers and not employer_ids:
        refusals.append(Refusal(code="no_employer", field="employer_ids"))
    if not programme.employers and employer_ids:
        refusals.append(Refusal(code="no_employer_wanted", field="employer_ids"))
    parties: dict[PayeeKind, set[int | None]] = {
        PayeeKind.PROVIDER: {provider_id},
        PayeeKind.ENTERPRISE: {None, *employer_ids},
        PayeeKind.PERSON: {None},
    }
    if payee_id not in parties[payee_kind]:
        refusals.append(Refusal(code="payee_no_party", field="payee_id"))
    return tuple(refusals)


def judge_agreement(
    programme: Programme, *, agreement_on: date | None, agreement_ref: str, filing_on: date
) -> tuple[Refusal, ...]:
    """SG-02: where the programme asks for it, the payee was agreed in writing on or before the filing day."""
    if not programme.agreement:
        return ()
    if agreement_on is None or not agreement_ref.strip():
        return (Refusal(code="agreement_missing", field="agreement_on"),)
    if agreement_on > filing_on:
        days = {"agreement_on": agreement_on.isoformat(), "filed_on": filing_on.isoformat()}
        return (Refusal(code="agreement_after_filing", field="agreement_on", params=days),)
    return ()


def judge_staff(duties: Iterable[tuple[int, Duty]]) -> tuple[Refusal, ...]:
    """考培分离: nobody who teaches the class assesses it."""
    held: dict[int, set[Duty]] = {}
    for person_id, duty in duties:
        held.setdefault(person_id, set()).add(duty)
    return tuple(
        Refusal(code="teaches_and_assesses", field="assessor_ids", params={"person": person_id})
        for person_id, both in held.items()
        if len(both) > 1
    )


def judge_completeness(
    run: ClassRunFacts, curriculum: CurriculumVersion, limits: HourLimits, *, people: int
) -> tuple[Refusal, ...]:
    """A filing names a teacher, a base for practice, an assessor for each exam, and its people (domain 1.5)."""
    modes = {unit.mode for unit in curriculum.units}
    figures: dict[str, str | int] = {"people": people, "capacity": run.capacity}
    wanted = (
        (modes & {UnitMode.LIVE, UnitMode.PRACTICE} and not run.trainer_ids, "no_trainer", "trainer_ids"),
        (UnitMode.PRACTICE in modes and run.base_id is None, "no_base", "base_id"),
        (UnitMode.ASSESSMENT in modes and not run.assessor_ids, "no_assessor", "assessor_ids"),
        (UnitMode.ASSESSMENT not in modes, "no_exam", "curriculum_id"),
        (limits.roster_needed_at_filing and people == 0, "nobody_enrolled", "roster"),
        (people > run.capacity, "over_capacity", "roster"),
        (not run.committed, "no_commitment", "committed"),
    )
    return tuple(Refusal(code=code, field=name, params=figures) for missing, code, name in wanted if missing)


def last_day_to_join(starts_on: date, ends_on: date, permille: int) -> date:
    """The last day on which people may be added: before `permille` of the class's days are over, at least the first."""
    days = (ends_on - starts_on).days + 1
    open_days = max(1, -(-days * permille // 1000))
    return starts_on + timedelta(days=open_days - 1)


def judge_joining(run: ClassRunFacts, limits: HourLimits, *, day: date, on_roster: int) -> tuple[Refusal, ...]:
    """People join while the filing is open to them, before the class is too far on, and while there is room."""
    state = run.state_on(day)
    if state in {ClassRunState.SUBMITTED, ClassRunState.CANCELLED, ClassRunState.TEACHING_DONE}:
        return (Refusal(code=f"class_{state}", field="class_run", params={"number": run.number}),)
    refusals: list[Refusal] = []
    last = last_day_to_join(run.starts_on, run.ends_on, limits.roster_add_permille)
    if state is ClassRunState.RUNNING and day > last:
        share: dict[str, str | int] = {"last": last.isoformat(), "percent": limits.roster_add_permille // 10}
        refusals.append(Refusal(code="joins_too_late", field="class_run", params=share))
    if on_roster >= run.capacity:
        refusals.append(Refusal(code="class_full", field="class_run", params={"capacity": run.capacity}))
    return tuple(refusals)


def window_of(starts_on: date, ends_on: date) -> tuple[datetime, datetime]:
    """The instants between which learning counts: first day 00:00 to last day 24:00, Asia/Shanghai."""
    return day_start(starts_on), day_start(ends_on + timedelta(days=1))
