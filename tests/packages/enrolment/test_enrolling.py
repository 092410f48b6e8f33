from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections

from lms.accounts.api import employments_of
from lms.enrolment.api import (
    class_runs_for,
    drop,
    enrol,
    enrol_self,
    enrolments_of,
    get_enrolment,
    get_enrolments,
    open_class_runs,
    places_left,
    roster_of,
)
from lms.enrolment.data import NotYours, PayeeKind, UnableToDrop, UnableToEnrol
from lms.enrolment.models import Enrolment, RosterAmendment
from lms.notices.api import inbox_of
from tests.factories.classes import (
    FILED_AT,
    FIRST_DAY,
    LAST_DAY,
    Cast,
    add_learners,
    at,
    file_class_run,
    make_cast,
    make_class_run,
    make_curriculum,
    make_filed_class,
    make_learner,
    make_open_class,
)


def join(cast: Cast, class_run_id: int, person_id: int, **changes: object) -> object:
    return enrol(
        **{
            "class_run_id": class_run_id,
            "person_id": person_id,
            "employer_id": cast.employer_id,
            "actor_id": cast.hr_id,
            "now": FILED_AT,
            **changes,
        }  # type: ignore[arg-type]
    )


@pytest.mark.django_db
def test_a_person_on_the_roster_learns_on_the_employers_account() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)

    assert (learner.employer_id, learner.payer_kind, learner.payer_id) == (
        cast.employer_id,
        PayeeKind.ENTERPRISE,
        cast.employer_id,
    )
    assert (learner.on_roster, learner.filed_on, learner.programme_code) == (True, run.filed_on, "SME-GROUP")
    assert learner.window_from == at(FIRST_DAY, 0)
    assert learner.window_to == at(LAST_DAY + timedelta(days=1), 0)
    (employment,) = employments_of(person_id=learner.learner_id)
    assert (employment.employer_id, employment.from_on) == (cast.employer_id, FILED_AT.date())


@pytest.mark.django_db
def test_enrolling_twice_changes_nothing() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)

    again = join(cast, run.class_run_id, learner.learner_id)

    assert again == learner
    assert (Enrolment.objects.count(), RosterAmendment.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_people_hear_of_their_class_when_it_is_filed_and_not_before() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    (learner,) = add_learners(cast, run.class_run_id)
    before = list(inbox_of(person_id=learner.learner_id, language="zh-hans"))

    file_class_run(cast, run.class_run_id)
    late = make_learner("孙丽")
    join(cast, run.class_run_id, late)

    assert before == []
    for person_id in (learner.learner_id, late):
        (notice,) = inbox_of(person_id=person_id, language="zh-hans")
        assert run.title in notice.title


@pytest.mark.django_db
def test_joining_after_the_filing_is_an_amendment_with_its_author() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)

    added = join(cast, run.class_run_id, make_learner("孙丽"), reason="新入职", now=at(FIRST_DAY, 9))

    amendment = RosterAmendment.objects.order_by("pk").last()
    assert amendment is not None
    assert (amendment.kind, amendment.after_filing, amendment.reason, amendment.actor_id) == (
        "add",
        True,
        "新入职",
        cast.hr_id,
    )
    assert added in roster_of(class_run_id=run.class_run_id)


@pytest.mark.django_db
def test_after_a_fifth_of_the_class_nobody_joins() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)
    last = FIRST_DAY + timedelta(days=9)  # 47 days: the first 10 are open

    join(cast, run.class_run_id, make_learner("孙丽"), now=at(last, 23, 59))
    with pytest.raises(UnableToEnrol) as refused:
        join(cast, run.class_run_id, make_learner("陈浩"), now=at(last + timedelta(days=1), 0))

    assert refused.value.codes == ("joins_too_late",)
    assert refused.value.refusals[0].params["last"] == last.isoformat()
    assert len(roster_of(class_run_id=run.class_run_id)) == 2


@pytest.mark.django_db
def test_a_firm_enrols_its_own_people_only() -> None:
    cast = make_cast()
    run = make_class_run(cast, employer_ids=(cast.employer_id, cast.other_employer_id))
    person = make_learner("孙丽")

    for actor, employer in (
        (cast.hr_id, cast.other_employer_id),
        (cast.other_hr_id, cast.employer_id),
        (cast.officer_id, cast.employer_id),
        (cast.trainer_id, cast.employer_id),
        (cast.stranger_id, cast.employer_id),
    ):
        with pytest.raises(NotYours):
            join(cast, run.class_run_id, person, actor_id=actor, employer_id=employer)
    assert Enrolment.objects.count() == 0

    join(cast, run.class_run_id, person, actor_id=cast.provider_admin_id)
    with pytest.raises(UnableToEnrol) as refused:
        join(cast, run.class_run_id, person, actor_id=cast.other_hr_id, employer_id=cast.other_employer_id)
    assert refused.value.codes == ("enrolled_by_another",)


@pytest.mark.django_db
@pytest.mark.parametrize("employer", ["nobody", "foreign"])
def test_an_employer_class_takes_people_of_its_employers_only(employer: str) -> None:
    cast = make_cast()
    run = make_class_run(cast)
    employer_id = None if employer == "nobody" else cast.other_employer_id

    with pytest.raises(UnableToEnrol) as refused:
        join(cast, run.class_run_id, make_learner("孙丽"), actor_id=cast.provider_admin_id, employer_id=employer_id)

    assert refused.value.codes == ("not_an_employer_here",)


@pytest.mark.django_db
def test_unknown_people_classes_and_enrolments_are_refused() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)

    with pytest.raises(UnableToEnrol) as unknown:
        join(cast, run.class_run_id, 10**9)
    with pytest.raises(NotYours):
        join(cast, 10**9, make_learner("孙丽"))
    with pytest.raises(NotYours):
        get_enrolment(enrolment_id=10**9)
    with pytest.raises(NotYours):
        drop(enrolment_id=10**9, actor_id=cast.hr_id, reason="x", now=FILED_AT)

    assert unknown.value.codes == ("unknown_person",)
    assert get_enrolments(enrolment_ids=[10**9]) == {}


@pytest.mark.django_db
def test_a_worker_joins_an_open_class_by_himself_and_may_leave_it() -> None:
    cast = make_cast()
    run = make_open_class(cast)
    worker = make_learner("何伟")

    first = enrol_self(class_run_id=run.class_run_id, person_id=worker, now=at(FIRST_DAY))
    second = enrol_self(class_run_id=run.class_run_id, person_id=worker, now=at(FIRST_DAY, 11))
    left = drop(enrolment_id=first.enrolment_id, actor_id=worker, reason="", now=at(FIRST_DAY, 12))
    back = enrol_self(class_run_id=run.class_run_id, person_id=worker, now=at(FIRST_DAY, 13))

    assert first == second
    assert (first.employer_id, first.payer_kind, first.payer_id) == (None, PayeeKind.PERSON, worker)
    assert (left.on_roster, back.on_roster, back.enrolment_id) == (False, True, first.enrolment_id)
    assert list(RosterAmendment.objects.order_by("pk").values_list("kind", flat=True)) == ["add", "drop", "rejoin"]
    assert enrolments_of(person_id=worker) == (back,)


@pytest.mark.django_db
def test_nobody_joins_a_firms_class_by_himself() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)

    with pytest.raises(UnableToEnrol) as refused:
        enrol_self(class_run_id=run.class_run_id, person_id=cast.stranger_id, now=FILED_AT)

    assert refused.value.codes == ("not_open",)


@pytest.mark.django_db
def test_open_classes_of_a_course_are_found_while_there_is_room_and_time() -> None:
    cast = make_cast()
    plan = make_curriculum(cast)
    run = make_open_class(cast, curriculum=plan, capacity=1)
    make_filed_class(cast, curriculum=plan)

    assert open_class_runs(course_id=plan.course_id, day=LAST_DAY) == (run,)
    assert open_class_runs(course_id=plan.course_id, day=LAST_DAY + timedelta(days=1)) == ()
    assert open_class_runs(course_id=10**9, day=FIRST_DAY) == ()
    assert places_left(class_run_id=run.class_run_id) == 1
    enrol_self(class_run_id=run.class_run_id, person_id=make_learner("何伟"), now=at(FIRST_DAY))
    assert open_class_runs(course_id=plan.course_id, day=FIRST_DAY) == ()
    with pytest.raises(UnableToEnrol) as refused:
        enrol_self(class_run_id=run.class_run_id, person_id=make_learner("马春雨"), now=at(FIRST_DAY))
    assert refused.value.codes == ("class_full",)


@pytest.mark.django_db
def test_dropping_needs_a_reason_and_the_right_firm_and_keeps_the_row() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)

    with pytest.raises(UnableToDrop) as wordless:
        drop(enrolment_id=learner.enrolment_id, actor_id=cast.hr_id, reason=" ", now=FILED_AT)
    for actor in (cast.other_hr_id, cast.officer_id, cast.trainer_id, learner.learner_id):
        with pytest.raises(NotYours):
            drop(enrolment_id=learner.enrolment_id, actor_id=actor, reason="离职", now=FILED_AT)
    dropped = drop(enrolment_id=learner.enrolment_id, actor_id=cast.hr_id, reason="离职", now=FILED_AT)
    again = drop(enrolment_id=learner.enrolment_id, actor_id=cast.hr_id, reason="离职", now=FILED_AT)

    assert wordless.value.codes == ("reason_missing",)
    assert dropped.on_roster is False
    assert again == dropped
    assert roster_of(class_run_id=run.class_run_id) == ()
    assert roster_of(class_run_id=run.class_run_id, include_dropped=True) == (dropped,)
    assert RosterAmendment.objects.filter(kind="drop").count() == 1


@pytest.mark.django_db
def test_everybody_finds_the_own_classes() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)

    assert class_runs_for(organisation_id=cast.provider_id) == (run,)
    assert class_runs_for(organisation_id=cast.employer_id) == (run,)
    assert class_runs_for(organisation_id=cast.other_employer_id) == ()
    assert class_runs_for(trainer_id=cast.trainer_id) == (run,)
    assert class_runs_for(trainer_id=cast.assessor_id) == ()
    assert class_runs_for(assessor_id=cast.assessor_id) == (run,)
    assert class_runs_for(base_id=cast.base_id) == (run,)
    assert class_runs_for() == ()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act came to, all started together."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(index: int) -> None:
        try:
            gate.wait(10)
            results[index] = acts[index]()
        except Exception as error:  # noqa: BLE001  the error is the result
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_people_race_for_the_last_place_and_one_gets_it() -> None:
    cast = make_cast()
    run = make_open_class(cast, capacity=1)
    people = [make_learner("何伟"), make_learner("孙丽"), make_learner("陈浩")]

    results = at_once(
        *(
            lambda person=person: enrol_self(class_run_id=run.class_run_id, person_id=person, now=at(FIRST_DAY))
            for person in people
        )
    )

    refused = [result for result in results if isinstance(result, UnableToEnrol)]
    assert [one.codes for one in refused] == [("class_full",), ("class_full",)]
    assert len(roster_of(class_run_id=run.class_run_id)) == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_enrolled_twice_at_once_has_one_place() -> None:
    cast = make_cast()
    run = make_open_class(cast)
    worker = make_learner("何伟")

    results = at_once(*[lambda: enrol_self(class_run_id=run.class_run_id, person_id=worker, now=at(FIRST_DAY))] * 4)

    assert len({result.enrolment_id for result in results}) == 1  # type: ignore[attr-defined]
    assert (Enrolment.objects.count(), RosterAmendment.objects.count()) == (1, 1)
