from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from typing import cast as cast_to

import pytest
from django.db import DatabaseError, connection, transaction

from lms.accounts.api import flag_organisation, open_commitments
from lms.db.api import RowIsImmutable
from lms.enrolment.api import (
    accept_filing,
    cancel_class_run,
    create_class_run,
    drop,
    enrol,
    filings_of,
    get_class_run,
    get_enrolment,
    return_filing,
    revise_class_run,
    submit_filing,
)
from lms.enrolment.data import (
    ClassRunState,
    NotYours,
    PayeeKind,
    UnableToFile,
    UnableToSaveClass,
    Verdict,
)
from lms.enrolment.models import ClassRun, FilingVersion
from lms.lib.canonical import JSONValue, digest
from tests.factories.classes import (
    FILED_AT,
    FILING_DAY,
    FIRST_DAY,
    LAST_DAY,
    add_learners,
    at,
    class_draft,
    make_cast,
    make_class_run,
    make_curriculum,
    make_filed_class,
    make_learner,
    make_open_class,
    plan_units,
)

pytestmark = pytest.mark.django_db


def test_a_class_run_is_a_draft_with_its_own_number() -> None:
    cast = make_cast()
    plan = make_curriculum(cast)

    first = make_class_run(cast, curriculum=plan)
    second = make_class_run(cast, curriculum=plan)

    assert first.number.startswith("BQ-2026-")
    assert first.number != second.number
    assert (first.state, first.filed_on, first.committed) == (ClassRunState.DRAFT, None, False)
    assert (first.payee_kind, first.payee_id) == (PayeeKind.PROVIDER, cast.provider_id)
    assert (first.category, first.hour_pack, first.order_gate) == ("group_class", "REF-HOURS-2026.1", False)
    assert (first.trainer_ids, first.assessor_ids) == ((cast.trainer_id,), (cast.assessor_id,))
    assert get_class_run(class_run_id=first.class_run_id) == first


def test_a_class_that_ends_before_it_starts_is_refused_by_name_and_leaves_nothing() -> None:
    cast = make_cast()
    plan = make_curriculum(cast)

    with pytest.raises(UnableToSaveClass) as refused:
        make_class_run(cast, curriculum=plan, starts_on=FIRST_DAY, ends_on=FIRST_DAY - timedelta(days=1))

    assert refused.value.codes == ("ends_before_start",)
    assert ClassRun.objects.count() == 0


def test_the_database_itself_refuses_a_class_that_ends_before_it_starts() -> None:
    cast = make_cast()
    run = make_class_run(cast)

    with pytest.raises(DatabaseError, match="class_ends_after_it_starts"), transaction.atomic():
        ClassRun.objects.filter(pk=run.class_run_id).update(ends_on=FIRST_DAY - timedelta(days=1))


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"title": " "}, ("title_missing",)),
        ({"programme_code": "FREE-LUNCH"}, ("unknown_programme",)),
        ({"curriculum_id": 10**9}, ("unknown_curriculum",)),
        ({"capacity": 0}, ("capacity_out_of_range",)),
        ({"capacity": 101}, ("capacity_out_of_range",)),
        ({"cost_fen": -1}, ("cost_out_of_range",)),
        ({"district": "浦东"}, ("district_unknown",)),
        ({"employer_ids": ()}, ("no_employer",)),
        ({"payee_kind": PayeeKind.PERSON}, ("payee_kind",)),
        ({"payee_id": 10**9}, ("payee_no_party",)),
        ({"base_id": 10**9}, ("wrong_organisation",)),
        ({"ends_on": FIRST_DAY + timedelta(days=366)}, ("class_too_long",)),
    ],
)
def test_bad_drafts_are_refused_with_the_rule_named(changes: dict[str, Any], codes: tuple[str, ...]) -> None:
    cast = make_cast()
    plan = make_curriculum(cast)

    with pytest.raises(UnableToSaveClass) as refused:
        create_class_run(draft=class_draft(cast, plan, **changes), actor_id=cast.provider_admin_id, now=FILED_AT)

    assert refused.value.codes == codes
    assert ClassRun.objects.count() == 0


def test_who_teaches_may_not_assess_and_both_need_their_role() -> None:
    cast = make_cast()
    plan = make_curriculum(cast)
    both = class_draft(cast, plan, assessor_ids=(cast.trainer_id, cast.assessor_id))
    unfit = class_draft(cast, plan, trainer_ids=(cast.hr_id,), assessor_ids=(cast.stranger_id,))

    with pytest.raises(UnableToSaveClass) as twice:
        create_class_run(draft=both, actor_id=cast.provider_admin_id, now=FILED_AT)
    with pytest.raises(UnableToSaveClass) as roleless:
        create_class_run(draft=unfit, actor_id=cast.provider_admin_id, now=FILED_AT)

    assert "teaches_and_assesses" in twice.value.codes
    assert roleless.value.codes == ("not_a_trainer", "not_an_assessor")


def test_only_the_provider_or_an_employer_of_the_class_may_create_it() -> None:
    cast = make_cast()
    plan = make_curriculum(cast)

    by_hr = create_class_run(draft=class_draft(cast, plan), actor_id=cast.hr_id, now=FILED_AT)
    for actor in (cast.other_hr_id, cast.officer_id, cast.trainer_id, cast.base_staff_id, cast.stranger_id):
        with pytest.raises(NotYours):
            create_class_run(draft=class_draft(cast, plan), actor_id=actor, now=FILED_AT)

    assert list(ClassRun.objects.values_list("pk", flat=True)) == [by_hr.class_run_id]


def test_a_filing_is_sealed_then_accepted_and_the_class_counts_from_its_first_day() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    (learner,) = add_learners(cast, run.class_run_id)
    assert get_enrolment(enrolment_id=learner.enrolment_id).filed_on is None

    filing = submit_filing(
        class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT
    )
    submitted = get_class_run(class_run_id=run.class_run_id)
    answer = accept_filing(
        class_run_id=run.class_run_id, officer_id=cast.officer_id, business_fit=True, now=at(FILING_DAY, 15)
    )
    filed = get_class_run(class_run_id=run.class_run_id)

    assert (filing.version, filing.verdict, submitted.state) == (1, None, ClassRunState.SUBMITTED)
    assert filing.digest == digest(cast_to("JSONValue", filing.content))
    assert (answer.verdict, answer.decided_by_id) == (Verdict.ACCEPTED, cast.officer_id)
    assert (filed.state, filed.filed_on, filed.business_fit) == (ClassRunState.FILED, FILING_DAY, True)
    assert filed.state_on(FIRST_DAY) is ClassRunState.RUNNING
    assert get_enrolment(enrolment_id=learner.enrolment_id).filed_on == FILING_DAY


def test_the_sealed_content_holds_the_plan_the_payee_and_people_as_commitments_only() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    add_learners(cast, run.class_run_id, ("李秀兰", "赵鹏"))

    filing = submit_filing(class_run_id=run.class_run_id, actor_id=cast.hr_id, commitment=True, now=FILED_AT)

    content: dict[str, Any] = dict(filing.content)
    assert content["payee"] == {
        "kind": "provider",
        "organisation": {"id": cast.provider_id, "name": "浦江职业技能培训学校", "uscc": "52310101MJ90000149"},
        "agreed_on": "2026-03-01",
        "agreement": "XY-2026-018",
    }
    assert content["plan"]["seconds"] == {
        "video": 0,
        "live": 10_800,
        "practice": 10_800,
        "mentoring": 0,
        "total": 21_600,
    }
    assert [sorted(one) for one in content["roster"]] == [["commitment", "employer", "enrolment", "person"]] * 2
    opened: dict[str, Any] = dict(open_commitments(commitments=[one["commitment"] for one in content["roster"]]))
    assert [opened[one["commitment"]].value["name"] for one in content["roster"]] == ["李秀兰", "赵鹏"]
    for personal in ("李", "赵", "310***"):
        assert personal not in str(content["roster"])


@pytest.mark.parametrize(
    ("now", "changes", "codes"),
    [
        (at(FIRST_DAY), {}, ("starts_by_filing_day",)),
        (at(FIRST_DAY + timedelta(days=1)), {}, ("starts_by_filing_day",)),
        (FILED_AT, {"ends_on": date(2026, 6, 3)}, ("ends_too_late",)),
        (FILED_AT, {"agreement_on": None}, ("agreement_missing",)),
        (FILED_AT, {"agreement_on": FILING_DAY + timedelta(days=1)}, ("agreement_after_filing",)),
        (FILED_AT, {"trainer_ids": ()}, ("no_trainer",)),
        (FILED_AT, {"assessor_ids": ()}, ("no_assessor",)),
        (FILED_AT, {"base_id": None}, ("no_base",)),
        (FILED_AT, {"trainer_ids": (), "assessor_ids": ()}, ("no_trainer", "no_assessor")),
    ],
)
def test_a_filing_is_refused_by_name(now: datetime, changes: dict[str, Any], codes: tuple[str, ...]) -> None:
    cast = make_cast()
    run = make_class_run(cast, **changes)
    add_learners(cast, run.class_run_id)

    with pytest.raises(UnableToFile) as refused:
        submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=now)

    assert refused.value.codes == codes
    assert get_class_run(class_run_id=run.class_run_id).state is ClassRunState.DRAFT
    assert FilingVersion.objects.count() == 0


def test_a_filing_may_end_on_the_last_day_of_the_third_month() -> None:
    cast = make_cast()
    run = make_class_run(cast, ends_on=date(2026, 6, 2))
    add_learners(cast, run.class_run_id)

    submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT)

    assert get_class_run(class_run_id=run.class_run_id).state is ClassRunState.SUBMITTED


def test_a_filing_without_people_or_commitment_is_refused() -> None:
    cast = make_cast()
    run = make_class_run(cast)

    with pytest.raises(UnableToFile) as refused:
        submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=False, now=FILED_AT)

    assert refused.value.codes == ("nobody_enrolled", "no_commitment")


def test_a_plan_with_too_much_online_time_is_refused_with_hrs_04() -> None:
    cast = make_cast()
    plan = make_curriculum(cast, units=plan_units(live_minutes=181))
    run = make_class_run(cast, curriculum=plan)
    add_learners(cast, run.class_run_id)

    with pytest.raises(UnableToFile) as refused:
        submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT)

    assert refused.value.codes == ("HRS-04",)
    assert refused.value.refusals[0].params["observed"] == "50.1%"


def test_an_organisation_that_was_blacklisted_meanwhile_stops_the_officer_too() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    add_learners(cast, run.class_run_id)
    submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT)
    flag_organisation(
        organisation_id=cast.provider_id, blacklisted=True, actor_id=cast.officer_id, reason="test", now=FILED_AT
    )

    with pytest.raises(UnableToFile) as refused:
        accept_filing(class_run_id=run.class_run_id, officer_id=cast.officer_id, now=FILED_AT)

    assert refused.value.codes == ("organisation_barred",)
    assert get_class_run(class_run_id=run.class_run_id).state is ClassRunState.SUBMITTED


def test_a_filing_that_lay_until_its_first_day_can_no_longer_be_accepted() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    add_learners(cast, run.class_run_id)
    submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT)

    with pytest.raises(UnableToFile) as refused:
        accept_filing(class_run_id=run.class_run_id, officer_id=cast.officer_id, now=at(FIRST_DAY))

    assert refused.value.codes == ("starts_by_filing_day",)
    assert get_class_run(class_run_id=run.class_run_id).filed_on is None


def test_a_returned_filing_is_mended_and_sealed_again_and_the_first_version_stays() -> None:
    cast = make_cast()
    plan = make_curriculum(cast)
    run = make_class_run(cast, curriculum=plan)
    add_learners(cast, run.class_run_id)
    submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT)

    with pytest.raises(UnableToFile) as wordless:
        return_filing(class_run_id=run.class_run_id, officer_id=cast.officer_id, reason=" ", now=FILED_AT)
    return_filing(class_run_id=run.class_run_id, officer_id=cast.officer_id, reason="费用偏高", now=FILED_AT)
    revise_class_run(
        class_run_id=run.class_run_id,
        draft=class_draft(cast, plan, cost_fen=50_000),
        actor_id=cast.hr_id,
        now=FILED_AT,
    )
    submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT)

    second, first = filings_of(class_run_id=run.class_run_id)
    assert wordless.value.codes == ("reason_missing",)
    assert (first.version, first.verdict, first.reason) == (1, Verdict.RETURNED, "费用偏高")
    assert (second.version, second.verdict) == (2, None)
    assert (first.content["cost_fen"], second.content["cost_fen"]) == (60_000, 50_000)
    assert first.digest != second.digest


def test_a_filed_class_can_be_neither_revised_nor_filed_again_nor_decided_twice() -> None:
    cast = make_cast()
    plan = make_curriculum(cast)
    run, _learners = make_filed_class(cast, curriculum=plan)
    before = get_class_run(class_run_id=run.class_run_id)

    with pytest.raises(UnableToSaveClass) as revised:
        revise_class_run(
            class_run_id=run.class_run_id,
            draft=class_draft(cast, plan, payee_kind=PayeeKind.ENTERPRISE),
            actor_id=cast.provider_admin_id,
            now=FILED_AT,
        )
    with pytest.raises(UnableToFile) as filed:
        submit_filing(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, commitment=True, now=FILED_AT)
    with pytest.raises(UnableToFile) as decided:
        accept_filing(class_run_id=run.class_run_id, officer_id=cast.officer_id, now=FILED_AT)

    assert (revised.value.codes, filed.value.codes, decided.value.codes) == (
        ("class_is_filed",),
        ("already_filed",),
        ("not_submitted",),
    )
    assert get_class_run(class_run_id=run.class_run_id) == before


def test_only_an_officer_decides_and_only_its_people_submit() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    add_learners(cast, run.class_run_id)

    for actor in (cast.other_hr_id, cast.officer_id, cast.trainer_id, cast.base_staff_id, cast.stranger_id):
        with pytest.raises(NotYours):
            submit_filing(class_run_id=run.class_run_id, actor_id=actor, commitment=True, now=FILED_AT)
    submit_filing(class_run_id=run.class_run_id, actor_id=cast.hr_id, commitment=True, now=FILED_AT)
    for actor in (cast.provider_admin_id, cast.hr_id, cast.trainer_id, cast.stranger_id):
        with pytest.raises(NotYours):
            accept_filing(class_run_id=run.class_run_id, officer_id=actor, now=FILED_AT)
        with pytest.raises(NotYours):
            return_filing(class_run_id=run.class_run_id, officer_id=actor, reason="不", now=FILED_AT)

    assert get_class_run(class_run_id=run.class_run_id).state is ClassRunState.SUBMITTED


def test_sealed_filings_can_not_be_changed_by_model_or_sql() -> None:
    cast = make_cast()
    make_filed_class(cast)
    filing = FilingVersion.objects.get()

    with pytest.raises(RowIsImmutable):
        filing.save()
    with pytest.raises(RowIsImmutable):
        filing.delete()
    for statement in ("UPDATE enrolment_filingversion SET digest = ''", "DELETE FROM enrolment_filingverdict"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert FilingVersion.objects.get().digest == filing.digest


def test_a_cancelled_class_takes_nobody_and_stays_on_record() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)

    with pytest.raises(UnableToSaveClass):
        cancel_class_run(class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, reason="", now=FILED_AT)
    cancelled = cancel_class_run(
        class_run_id=run.class_run_id, actor_id=cast.provider_admin_id, reason="场地停用", now=FILED_AT
    )

    assert cancelled == replace(run, state=ClassRunState.CANCELLED)
    assert get_enrolment(enrolment_id=learner.enrolment_id).filed_on is None
    with pytest.raises(Exception, match="class_cancelled"):
        enrol(
            class_run_id=run.class_run_id,
            person_id=make_learner("孙丽"),
            employer_id=cast.employer_id,
            actor_id=cast.hr_id,
            now=FILED_AT,
        )
    with pytest.raises(Exception, match="class_is_over"):
        drop(enrolment_id=learner.enrolment_id, actor_id=cast.hr_id, reason="x", now=FILED_AT)


def test_an_open_class_is_filed_without_anybody_on_its_roster() -> None:
    cast = make_cast()

    run = make_open_class(cast)

    assert (run.state, run.self_enrolment, run.payee_kind, run.payee_id) == (
        ClassRunState.FILED,
        True,
        PayeeKind.PERSON,
        None,
    )
    assert run.ends_on == LAST_DAY
