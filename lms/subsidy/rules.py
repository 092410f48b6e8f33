"""From what the earlier packages know of an enrolment to the engine's flat facts. What nobody has proved is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from courses.data import CurriculumVersion, UnitMode
from lms.accounts.data import EmploymentFacts, EmploymentKind, GroupCode, GroupFacts, OrganisationFacts, PersonFacts
from lms.completion.data import CompletionRecord
from lms.enrolment.data import ClassRunFacts, EnrolmentFacts, PayeeKind, PlatformKind
from lms.ledger.data import LearningStatement
from lms.subsidy.data import EarlierLine, EvidenceRef, FactValue, SubsidyFacts
from lms.subsidy.engine.templates import NO_LEVEL

PERSONAL_PROGRAMME = "IND-SKILL"
_WITHOUT_END = date(2999, 12, 31)
_DAY = timedelta(days=1)
_HOURS = (UnitMode.VIDEO, UnitMode.LIVE, UnitMode.PRACTICE)
_EMPLOYMENT: Mapping[EmploymentKind, str] = {
    EmploymentKind.CONTRACT: "contract",
    EmploymentKind.DISPATCHED_TO: "dispatched_in",
    EmploymentKind.PLATFORM: "platform_work",
    EmploymentKind.NONE: "no_relation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything that the earlier packages say of one enrolment on one day, before it becomes facts.

    `record_sound` and `chain_intact` are None where there is nothing to check or the check found damage: a fact whose
    evidence is broken is not proven.
    """

    enrolment: EnrolmentFacts
    run: ClassRunFacts
    curriculum: CurriculumVersion
    statement: LearningStatement
    record: CompletionRecord | None
    record_sound: bool | None
    chain_intact: bool | None
    person: PersonFacts
    provider: OrganisationFacts
    employer: OrganisationFacts | None
    payee: OrganisationFacts | None
    employments: tuple[EmploymentFacts, ...]
    in_catalogue: bool | None
    shortage: bool | None
    today: date


def programmes_for(run: ClassRunFacts, curriculum: CurriculumVersion) -> tuple[str, ...]:
    """Which programmes answer: that of the class, and the worker's own where a certificate can follow."""
    personal = (PERSONAL_PROGRAMME,) if curriculum.occupation_code else ()
    return tuple(dict.fromkeys((run.programme_code, *personal)))


def facts_for(programme: str, sources: Sources, lines: tuple[EarlierLine, ...]) -> SubsidyFacts:
    """The facts of one enrolment for one programme, with what proves them and the person's other lines."""
    personal = programme == PERSONAL_PROGRAMME
    values = {**_of_person(sources), **_of_occupation(sources), **_of_claim(sources)}
    values |= _of_own_claim(sources) if personal else {**_of_class(sources), **_of_hours(sources), **_of_firm(sources)}
    return SubsidyFacts(
        values=values,
        lines=_other_lines(programme, sources.enrolment.enrolment_id, lines),
        evidence=_evidence(sources),
        salt=sources.person.salt,
    )


def hours_key(enrolment_id: int) -> str:
    """What stands for all credited seconds of an enrolment: each is posted for exactly one enrolment (GEN-09)."""
    return f"enrolment:{enrolment_id}"


def _of_person(sources: Sources) -> dict[str, FactValue]:
    person = sources.person
    insurance = {True: "paid", False: "not_paid"}.get(person.insured) if person.insured is not None else None
    veteran = [group.valid_from for group in person.groups if group.code == GroupCode.VET5]
    return {
        "identity_level": int(person.level),
        "birth_on": person.birth_date,
        "draws_pension": person.draws_pension,
        "groups": _groups(sources),
        "left_service_on": max(veteran) if veteran else None,
        "hukou": person.hukou or None,
        "insurance": insurance,
    }


def _groups(sources: Sources) -> frozenset[str] | None:
    """Groups proved for the deciding day, and EMP for whoever is employed on it. Nothing proved: not known."""
    day = sources.enrolment.filed_on or sources.today
    codes = {group.code for group in sources.person.groups if _holds(group, day)}
    if any(item.kind is not EmploymentKind.NONE and _employed(item, day) for item in sources.employments):
        codes.add(GroupCode.EMP)
    return frozenset(str(code) for code in codes) or None


def _holds(group: GroupFacts, day: date) -> bool:
    if group.code == GroupCode.VET5:  # the policy itself counts the years since the service ended
        return True
    return group.valid_from <= day and (group.valid_to is None or day < group.valid_to)


def _employed(item: EmploymentFacts, day: date) -> bool:
    return item.from_on <= day and (item.to_on is None or day < item.to_on)


def _of_occupation(sources: Sources) -> dict[str, FactValue]:
    curriculum = sources.curriculum
    return {
        "occupation": curriculum.occupation_code or None,
        "occupation_type": str(curriculum.occupation_kind),
        "level": curriculum.level or NO_LEVEL,
        "in_catalogue": sources.in_catalogue,
        "shortage": sources.shortage,
    }


def _of_claim(sources: Sources) -> dict[str, FactValue]:
    return {"submitted_on": sources.today, "judged_on": sources.today, "already_paid_fen": 0}


def _of_own_claim(sources: Sources) -> dict[str, FactValue]:
    """A worker's own claim. What only the claim form can tell (account, certificate, status) is not known yet."""
    payee = f"person:{sources.person.person_id}"
    return {
        "applicant": payee,
        "filed_payee": payee,
        "ledger_keys": frozenset(),
        "platform_kind": "no_platform",
        "org_blacklisted": False,
        "org_abnormal": False,
    }


def _of_class(sources: Sources) -> dict[str, FactValue]:
    run, payee = sources.run, sources.payee
    return {
        "filed_on": run.filed_on,
        "class_start_on": run.starts_on,
        "class_end_on": run.ends_on,
        "on_roster": sources.enrolment.on_roster,
        "record_result": "pass" if sources.record else "incomplete",
        "record_signed": sources.record_sound,
        "chain_intact": sources.chain_intact,
        # The provider's sealed commitment letter says that nobody on the roster is excluded (domain 1.5).
        "excluded_category": "not_excluded" if run.committed else None,
        "applicant": payee.uscc if payee else None,
        "filed_payee": payee.uscc if payee else None,
        "account_matches": _account_matches(payee),
        "ledger_keys": frozenset({hours_key(sources.enrolment.enrolment_id)}),
        "platform_kind": "whitelisted" if run.platform_kind is PlatformKind.WHITELIST else "own",
        "project": run.project_name or f"class:{run.number}",
        "cost_fen": run.cost_fen,
        "fits_business": run.business_fit,
    }


def _account_matches(payee: OrganisationFacts | None) -> bool | None:
    if payee is None or not payee.account_name:
        return None
    return payee.account_name == payee.name


def _of_hours(sources: Sources) -> dict[str, FactValue]:
    """Filed and credited seconds by mode. The ledger itself refuses practice before theory, so none is early here."""
    credited = {line.mode: line.credited_seconds for line in sources.statement.modes}
    filed = {mode: sources.curriculum.seconds(mode) for mode in _HOURS}
    sat = {str(line.exam_kind) for line in sources.statement.results}
    hours: dict[str, FactValue] = {f"filed_{mode}_s": filed[mode] for mode in _HOURS}
    hours |= {f"credited_{mode}_s": credited.get(mode, 0) for mode in _HOURS}
    return hours | {
        "credited_s": sum(credited.get(mode, 0) for mode in (*_HOURS, UnitMode.MENTORING)),
        "early_practice_s": 0,
        "plan_kind": "mixed" if filed[UnitMode.PRACTICE] else "theory",
        "theory_exam": "theory" in sat,
        "practice_exam": "practice" in sat,
    }


def _of_firm(sources: Sources) -> dict[str, FactValue]:
    run, employer = sources.run, sources.employer
    concerned = [item for item in (sources.provider, employer, sources.payee) if item]
    firm: dict[str, Any] = {
        "employer": employer.uscc if employer else None,
        "employer_size": str(employer.size_class) if employer and employer.size_class else None,
        "institution_matched": run.provider_id is not None,
        "agreement_on": run.agreement_on,
        "org_blacklisted": any(item.blacklisted for item in concerned),
        "org_abnormal": any(item.abnormal for item in concerned),
    }
    relation = _relation(sources)
    if relation:
        firm |= {
            "employment_kind": _EMPLOYMENT[relation.kind],
            "employed_from_on": relation.from_on,
            "employed_to_on": relation.to_on - _DAY if relation.to_on else _WITHOUT_END,
        }
    return firm


def _relation(sources: Sources) -> EmploymentFacts | None:
    """The working relation with the applicant that covers most of the class."""
    run = sources.run
    own = [item for item in sources.employments if item.employer_id == sources.enrolment.employer_id]
    return max(own, key=lambda item: _days_covered(item, run.starts_on, run.ends_on), default=None)


def _days_covered(item: EmploymentFacts, start: date, end: date) -> int:
    last = item.to_on - _DAY if item.to_on else _WITHOUT_END
    return (min(last, end) - max(item.from_on, start)).days


def _other_lines(programme: str, enrolment_id: int, lines: tuple[EarlierLine, ...]) -> tuple[EarlierLine, ...]:
    """The person's lines without the one of this very claim; a class without a project name is its own project."""
    own = hours_key(enrolment_id)
    others = (line for line in lines if not (line.programme == programme and own in line.evidence))
    return tuple(line if line.project else replace(line, project=f"claim:{line.line_ref}") for line in others)


def _evidence(sources: Sources) -> dict[str, tuple[EvidenceRef, ...]]:
    """What proves the facts that money hangs on, by kind, id and digest."""
    filing = EvidenceRef(kind="filing", ref=sources.run.number)
    plan = EvidenceRef(kind="curriculum", ref=str(sources.curriculum.curriculum_id), digest=sources.curriculum.digest)
    statement = EvidenceRef(
        kind="ledger",
        ref=f"{sources.statement.learner_id}:{sources.statement.head_seq}",
        digest=sources.statement.head_hash,
    )
    filed = ("filed_on", "class_start_on", "class_end_on", "filed_payee", "cost_fen", "agreement_on")
    proofs: dict[str, tuple[EvidenceRef, ...]] = dict.fromkeys(filed, (filing,))
    proofs |= {f"filed_{mode}_s": (plan,) for mode in _HOURS}
    credited = ("credited_s", "theory_exam", "practice_exam", *(f"credited_{mode}_s" for mode in _HOURS))
    proofs |= dict.fromkeys(credited, (statement,))
    if sources.record:
        record = EvidenceRef(kind="completion_record", ref=sources.record.record_no, digest=sources.record.digest)
        proofs |= dict.fromkeys(("record_result", "record_signed"), (record,))
    return proofs


def payee_id_of(run: ClassRunFacts, enrolment: EnrolmentFacts) -> int | None:
    """The organisation that a class's subsidy goes to; None where it goes to the person."""
    if run.payee_kind is PayeeKind.PERSON:
        return None
    return run.payee_id if run.payee_id is not None else enrolment.employer_id
