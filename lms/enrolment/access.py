"""What a person is to a class run. Whoever is nothing to it gets NotYours, as for a class that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Q

from lms.accounts.api import authority_covers, roles_of
from lms.accounts.data import Role
from lms.enrolment.data import ClassRunFacts, ClassRunState, Duty, NotYours


class Hat(StrEnum):
    OFFICER = "officer"
    PROVIDER = "provider"
    EMPLOYER = "employer"
    TRAINER = "trainer"
    ASSESSOR = "assessor"
    BASE = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassView:
    """The hats that a person wears in one class, and the employers whose people he may see."""

    hats: frozenset[Hat]
    employer_ids: frozenset[int]

    @property
    def sees_everybody(self) -> bool:
        """An employer's officer sees only the firm's own people; every other hat sees the class."""
        return bool(self.hats - {Hat.EMPLOYER})

    @property
    def may_arrange(self) -> bool:
        """Edit the draft, file it, change the roster."""
        return bool(self.hats & {Hat.PROVIDER, Hat.EMPLOYER})

    @property
    def is_officer(self) -> bool:
        return Hat.OFFICER in self.hats

    def may_see(self, employer_id: int | None) -> bool:
        return self.sees_everybody or employer_id in self.employer_ids


def view_of(run: ClassRunFacts, *, person_id: int, day: date) -> ClassView:
    """What the person is to the class on that day. Raises NotYours for nobody."""
    hats: set[Hat] = set()
    employers: set[int] = set()
    for membership in roles_of(person_id=person_id, day=day):
        organisation_id, role = membership.organisation_id, membership.role
        if role is Role.OFFICER:
            if run.state is not ClassRunState.DRAFT and authority_covers(membership.district, run.district):
                hats.add(Hat.OFFICER)
        elif role in {Role.PROVIDER_ADMIN, Role.HR} and organisation_id == run.provider_id:
            hats.add(Hat.PROVIDER)
        elif role is Role.BASE_STAFF and organisation_id == run.base_id:
            hats.add(Hat.BASE)
        if role is Role.HR and organisation_id in run.employer_ids:
            hats.add(Hat.EMPLOYER)
            employers.add(organisation_id)
    if person_id in run.trainer_ids:
        hats.add(Hat.TRAINER)
    if person_id in run.assessor_ids:
        hats.add(Hat.ASSESSOR)
    if not hats:
        raise NotYours(run.class_run_id)
    return ClassView(hats=frozenset(hats), employer_ids=frozenset(employers))


def is_officer_of(run: ClassRunFacts, *, person_id: int, day: date) -> bool:
    """Whether the person is an officer who looks after the class; False, too, for somebody it does not concern."""
    try:
        return view_of(run, person_id=person_id, day=day).is_officer
    except NotYours:
        return False


def require_arranger(run: ClassRunFacts, *, person_id: int, day: date) -> ClassView:
    """The person's view, if he may arrange the class. Raises NotYours."""
    view = view_of(run, person_id=person_id, day=day)
    if not view.may_arrange:
        raise NotYours(run.class_run_id)
    return view


def require_arranger_of(run: ClassRunFacts, employer_id: int | None, *, person_id: int, day: date) -> ClassView:
    """The person may put this employer's people (or people without one) on the roster. Raises NotYours."""
    view = require_arranger(run, person_id=person_id, day=day)
    if Hat.PROVIDER not in view.hats and employer_id not in view.employer_ids:
        raise NotYours(run.class_run_id)
    return view


def require_officer(*, person_id: int, district: str, day: date) -> None:
    """Raises NotYours unless the person is an officer of an authority that looks after the district."""
    if not any(
        membership.role is Role.OFFICER and authority_covers(membership.district, district)
        for membership in roles_of(person_id=person_id, day=day)
    ):
        raise NotYours(person_id)


def looked_after_by(*, person_id: int, day: date) -> Q | None:
    """The class runs of the districts that the officer looks after; None for somebody who is no officer."""
    held = [one.district for one in roles_of(person_id=person_id, day=day) if one.role is Role.OFFICER]
    if not held:
        return None
    if not all(held):
        return Q()
    whole = Q(district="") | Q(district__in=held)
    for city in (code for code in held if code.endswith("0000")):
        whole |= Q(district__startswith=city[:2])
    return whole


def duties_of(run: ClassRunFacts) -> tuple[tuple[int, Duty], ...]:
    """Who does what in the class."""
    return (
        *((person_id, Duty.TRAINER) for person_id in run.trainer_ids),
        *((person_id, Duty.ASSESSOR) for person_id in run.assessor_ids),
    )
