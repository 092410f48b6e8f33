"""What a filing seals (domain 3.2): plain JSON values in one fixed form, so that its digest means something."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from courses.data import CurriculumVersion, UnitMode
from lms.accounts.data import OrganisationFacts, PersonFacts
from lms.enrolment.data import ClassRunFacts
from lms.hours.data import PlanTotals
from lms.lib.canonical import JSONValue

# Form 1 held masked names and numbers and a keyed fingerprint instead of commitments; it stays valid.
FORM = "class-filing/2"


def filing_content(
    *,
    run: ClassRunFacts,
    curriculum: CurriculumVersion,
    totals: PlanTotals,
    organisations: Mapping[int, OrganisationFacts],
    commitments: Mapping[int, str],
    roster: Collection[tuple[int, int, int | None]],
    version: int,
    submitted_by: int,
    submitted_at: datetime,
) -> dict[str, JSONValue]:
    """The content of one filing version. `roster` holds (enrolment, person, employer); people stand as salted
    commitments to their `personal_value`, so that they can be erased and the seal stays valid."""
    return {
        "form": FORM,
        "number": run.number,
        "version": version,
        "title": run.title,
        "programme": run.programme_code,
        "project": run.project_name,
        "provider": _organisation(organisations[run.provider_id]),
        "employers": [_organisation(organisations[employer_id]) for employer_id in run.employer_ids],
        "base": _organisation(organisations[run.base_id]) if run.base_id is not None else None,
        "place": run.place,
        "district": run.district,
        "payee": {
            "kind": run.payee_kind.value,
            "organisation": _organisation(organisations[run.payee_id]) if run.payee_id is not None else None,
            "agreed_on": _day(run.agreement_on),
            "agreement": run.agreement_ref,
        },
        "starts_on": run.starts_on.isoformat(),
        "ends_on": run.ends_on.isoformat(),
        "cost_fen": run.cost_fen,
        "capacity": run.capacity,
        "platform": run.platform_kind.value,
        "business_note": run.business_note,
        "hour_rules": {"pack": run.hour_pack, "category": run.category, "order_gate": run.order_gate},
        "plan": _plan(curriculum, totals),
        "trainers": [_person(person_id, commitments) for person_id in run.trainer_ids],
        "assessors": [_person(person_id, commitments) for person_id in run.assessor_ids],
        "roster": [
            {"enrolment": enrolment_id, "employer": employer_id, **_person(person_id, commitments)}
            for enrolment_id, person_id, employer_id in sorted(roster)
        ],
        "commitment": {"by": _person(submitted_by, commitments), "at": submitted_at.isoformat()},
    }


def personal_value(facts: PersonFacts) -> JSONValue:
    """What a filing commits to about one person: the name, and the number as the officer may see it."""
    return {"name": facts.name, "id": facts.masked_id}


def _plan(curriculum: CurriculumVersion, totals: PlanTotals) -> dict[str, JSONValue]:
    return {
        "curriculum": curriculum.curriculum_id,
        "digest": curriculum.digest,
        "course": curriculum.title,
        "occupation": curriculum.occupation_code,
        "occupation_name": curriculum.occupation_name,
        "occupation_kind": str(curriculum.occupation_kind),
        "level": curriculum.level,
        "seconds": {
            "video": totals.video,
            "live": totals.live,
            "practice": totals.practice,
            "mentoring": totals.mentoring,
            "total": totals.total,
        },
        "units": [
            {
                "key": unit.unit_key,
                "title": unit.title,
                "mode": unit.mode.value,
                "category": unit.category.value,
                "seconds": unit.required_seconds,
                "media": str(unit.media_id) if unit.media_id else None,
            }
            for unit in curriculum.units
        ],
        "exams": [
            {
                "key": unit.unit_key,
                "kind": unit.exam_kind.value if unit.exam_kind else None,
                "pass_mark": unit.pass_mark,
            }
            for unit in curriculum.units
            if unit.mode is UnitMode.ASSESSMENT
        ],
    }


def _organisation(facts: OrganisationFacts) -> dict[str, JSONValue]:
    return {"id": facts.organisation_id, "name": facts.name, "uscc": facts.uscc}


def _person(person_id: int, commitments: Mapping[int, str]) -> dict[str, JSONValue]:
    return {"person": person_id, "commitment": commitments[person_id]}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
