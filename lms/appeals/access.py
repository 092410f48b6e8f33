"""What a person is to an appeal. Whoever is nothing to it gets AppealNotFound, as for one that is not there."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from lms.accounts.api import roles_of
from lms.accounts.data import Role
from lms.appeals.data import AppealNotFound, AppealState, AppealView, Step
from lms.appeals.models import Appeal
from lms.enrolment.api import Hat, get_class_run, view_of
from lms.enrolment.data import NotYours

_ANSWERS_AT = {AppealState.PROVIDER: Hat.PROVIDER, AppealState.AUTHORITY: Hat.OFFICER}


def view_on(row: Appeal, *, person_id: int, day: date) -> AppealView:
    """The learner sees and takes further; the provider and the district's officers see and, at their step, answer.

    Who made the disputed decision, and who answered at the step before, answers nothing. Raises AppealNotFound.
    """
    if person_id == row.learner_id:
        return AppealView(own=True, may_answer=False, may_go_on=row.state == AppealState.ANSWERED)
    try:
        hats = view_of(get_class_run(class_run_id=row.class_run_id), person_id=person_id, day=day).hats
    except NotYours as error:
        raise AppealNotFound(row.pk) from error
    if not hats & {Hat.PROVIDER, Hat.OFFICER}:
        raise AppealNotFound(row.pk)
    wanted = _ANSWERS_AT.get(AppealState(row.state))
    unbiased = person_id not in row.barred and not row.answers.filter(author_id=person_id).exists()
    return AppealView(own=False, may_answer=wanted in hats and unbiased, may_go_on=False)


def step_of(state: AppealState) -> Step:
    """Whose answer the state waits for."""
    return Step.PROVIDER if state is AppealState.PROVIDER else Step.AUTHORITY


def in_reach(*, person_id: int, day: date) -> Q:
    """The appeals that the person may see as provider or officer."""
    whole = Q(pk__in=())
    for membership in roles_of(person_id=person_id, day=day):
        if membership.role in {Role.PROVIDER_ADMIN, Role.HR}:
            whole |= Q(provider_id=membership.organisation_id)
        elif membership.role is Role.OFFICER:
            if not membership.district:
                return Q()
            whole |= Q(district="") | Q(district=membership.district)
            if membership.district.endswith("0000"):
                whole |= Q(district__startswith=membership.district[:2])
    return whole
