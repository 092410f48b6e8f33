"""Class runs come to be, are revised while they are drafts, and are cancelled."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import connection, transaction

from courses.api import get_curriculum
from courses.data import CurriculumNotFound, CurriculumVersion
from lms.accounts.api import get_organisations, holds_role, record_audit
from lms.accounts.data import OrganisationKind, Role
from lms.enrolment import rules
from lms.enrolment.access import require_arranger
from lms.enrolment.data import (
    ClassRunDraft,
    ClassRunFacts,
    ClassRunState,
    Duty,
    PayeeKind,
    Programme,
    Refusal,
    UnableToSaveClass,
)
from lms.enrolment.facts import class_run_facts
from lms.enrolment.locks import lock_class_run
from lms.enrolment.models import ClassRun, ClassRunEmployer, ClassRunStaff
from lms.enrolment.programmes import PROGRAMMES
from lms.hours.api import CURRENT_PACK, limits_for
from lms.hours.data import HourLimits
from lms.lib.localday import local_day

_EDITABLE = (ClassRunState.DRAFT, ClassRunState.RETURNED)
_LARGEST_COST_FEN = 10_000_000


def create_class_run(*, draft: ClassRunDraft, actor_id: int, now: datetime) -> ClassRunFacts:
    """The class run exists as a draft with its own number. Raises UnableToSaveClass with every rule it breaks.

    The actor arranges classes for the provider, or is a personnel officer of an employer in the class (NotYours).
    """
    programme, curriculum, limits = _judge_draft(draft, day=local_day(now))
    with transaction.atomic():
        class_run_id = _next_id()
        run = ClassRun(
            pk=class_run_id,
            number=f"BQ-{local_day(now).year}-{class_run_id:06d}",
            created_by_id=actor_id,
            created_at=now,
            state=ClassRunState.DRAFT,
        )
        _fill(run, draft, programme, curriculum, limits)
        run.save(force_insert=True)
        _fill_parts(run, draft)
        facts = class_run_facts(run)
        require_arranger(facts, person_id=actor_id, day=local_day(now))
        _audit("create_class_run", run, actor_id, now)
    return facts


def revise_class_run(*, class_run_id: int, draft: ClassRunDraft, actor_id: int, now: datetime) -> ClassRunFacts:
    """The draft (or returned filing) now says what `draft` says. Raises UnableToSaveClass, NotYours."""
    programme, curriculum, limits = _judge_draft(draft, day=local_day(now))
    with transaction.atomic():
        run = lock_class_run(class_run_id)
        require_arranger(class_run_facts(run), person_id=actor_id, day=local_day(now))
        if run.state not in _EDITABLE:
            raise UnableToSaveClass(Refusal(code="class_is_filed", params={"number": run.number}))
        gone = set(run.enrolments.filter(dropped_at=None).exclude(employer=None).values_list("employer_id", flat=True))
        if gone - set(draft.employer_ids):
            raise UnableToSaveClass(Refusal(code="employer_has_people", field="employer_ids"))
        _fill(run, draft, programme, curriculum, limits)
        run.save()
        run.employers.all().delete()
        run.staff.all().delete()
        _fill_parts(run, draft)
        facts = class_run_facts(run)
        require_arranger(facts, person_id=actor_id, day=local_day(now))
        _audit("revise_class_run", run, actor_id, now)
    return facts


def cancel_class_run(*, class_run_id: int, actor_id: int, reason: str, now: datetime) -> ClassRunFacts:
    """The class will not take place; what was learnt in it stays on record. Raises UnableToSaveClass, NotYours."""
    with transaction.atomic():
        run = lock_class_run(class_run_id)
        facts = class_run_facts(run)
        require_arranger(facts, person_id=actor_id, day=local_day(now))
        if not reason.strip():
            raise UnableToSaveClass(Refusal(code="reason_missing", field="reason"))
        if facts.state_on(local_day(now)) in {ClassRunState.TEACHING_DONE, ClassRunState.CANCELLED}:
            raise UnableToSaveClass(Refusal(code="class_is_over", params={"number": run.number}))
        run.state = ClassRunState.CANCELLED
        run.save(update_fields=["state"])
        _audit("cancel_class_run", run, actor_id, now, reason=reason)
        return class_run_facts(run)


def payee_of(draft: ClassRunDraft) -> int | None:
    """The payee that the draft names, or the one that its kind leaves no choice about."""
    if draft.payee_id is not None:
        return draft.payee_id
    if draft.payee_kind is PayeeKind.PROVIDER:
        return draft.provider_id
    if draft.payee_kind is PayeeKind.ENTERPRISE and len(set(draft.employer_ids)) == 1:
        return draft.employer_ids[0]
    return None


def judge_parties(
    *, provider_id: int, base_id: int | None, employer_ids: Collection[int], sound: bool = False
) -> tuple[Refusal, ...]:
    """Each organisation exists and is what the class takes it for; `sound`: and in good standing (GEN-10)."""
    wanted: list[tuple[int, str, set[OrganisationKind]]] = [
        (provider_id, "provider_id", {OrganisationKind.PROVIDER, OrganisationKind.ENTERPRISE}),
        *((employer_id, "employer_ids", {OrganisationKind.ENTERPRISE}) for employer_id in employer_ids),
    ]
    if base_id is not None:
        wanted.append((base_id, "base_id", {OrganisationKind.BASE}))
    known = get_organisations(organisation_ids=[organisation_id for organisation_id, _field, _kinds in wanted])
    refusals: list[Refusal] = []
    for organisation_id, field, kinds in wanted:
        facts = known.get(organisation_id)
        if facts is None or facts.kind not in kinds:
            refusals.append(Refusal(code="wrong_organisation", field=field))
        elif sound and (facts.blacklisted or facts.abnormal):
            refusals.append(Refusal(code="organisation_barred", field=field, params={"name": facts.name}))
    return tuple(refusals)


def judge_duties(duties: Collection[tuple[int, Duty]], *, day: date) -> tuple[Refusal, ...]:
    """Trainers and assessors hold that role somewhere, and nobody does both."""
    roles = {Duty.TRAINER: Role.TRAINER, Duty.ASSESSOR: Role.ASSESSOR}
    unfit = tuple(
        Refusal(
            code="not_an_assessor" if duty is Duty.ASSESSOR else "not_a_trainer",
            field=f"{duty}_ids",
            params={"person": person_id},
        )
        for person_id, duty in duties
        if not holds_role(person_id=person_id, roles=(roles[duty],), day=day)
    )
    return (*rules.judge_staff(duties), *unfit)


def _judge_draft(draft: ClassRunDraft, *, day: date) -> tuple[Programme, CurriculumVersion, HourLimits]:
    programme = PROGRAMMES.get(draft.programme_code)
    if programme is None:
        raise UnableToSaveClass(Refusal(code="unknown_programme", field="programme_code"))
    try:
        curriculum = get_curriculum(curriculum_id=draft.curriculum_id)
    except CurriculumNotFound:
        raise UnableToSaveClass(Refusal(code="unknown_curriculum", field="curriculum_id")) from None
    limits = limits_for(pack=draft.hour_pack or CURRENT_PACK, category=programme.category)
    employer_ids = set(draft.employer_ids)
    duties = (
        *((person_id, Duty.TRAINER) for person_id in draft.trainer_ids),
        *((person_id, Duty.ASSESSOR) for person_id in draft.assessor_ids),
    )
    refusals = (
        *_judge_figures(draft, limits),
        *rules.judge_class_dates(draft.starts_on, draft.ends_on),
        *judge_parties(provider_id=draft.provider_id, base_id=draft.base_id, employer_ids=employer_ids),
        *rules.judge_payee(
            programme,
            draft.payee_kind,
            provider_id=draft.provider_id,
            employer_ids=employer_ids,
            payee_id=payee_of(draft),
        ),
        *judge_duties(duties, day=day),
    )
    if refusals:
        raise UnableToSaveClass(*refusals)
    return programme, curriculum, limits


def _judge_figures(draft: ClassRunDraft, limits: HourLimits) -> tuple[Refusal, ...]:
    wanted = (
        (2 <= len(draft.title.strip()) <= 120, "title_missing", "title"),
        (len(draft.project_name) <= 120 and len(draft.agreement_ref) <= 80, "text_too_long", "project_name"),
        (len(draft.place) <= 200 and len(draft.business_note) <= 300, "text_too_long", "place"),
        (1 <= draft.capacity <= limits.class_size_max, "capacity_out_of_range", "capacity"),
        (0 <= draft.cost_fen <= _LARGEST_COST_FEN, "cost_out_of_range", "cost_fen"),
        (len(draft.district) in {0, 6} and (draft.district or "0").isdigit(), "district_unknown", "district"),
    )
    figures = {"most": limits.class_size_max, "most_yuan": _LARGEST_COST_FEN // 100}
    return tuple(Refusal(code=code, field=field, params=figures) for fits, code, field in wanted if not fits)


def _fill(
    run: ClassRun, draft: ClassRunDraft, programme: Programme, curriculum: CurriculumVersion, limits: HourLimits
) -> None:
    run.title = draft.title.strip()
    run.curriculum_id = curriculum.curriculum_id
    run.course_id = curriculum.course_id
    run.programme_code = programme.code
    run.project_name = draft.project_name.strip() or draft.title.strip()
    run.provider_id = draft.provider_id
    run.base_id = draft.base_id
    run.payee_kind = draft.payee_kind
    run.payee_id = payee_of(draft)
    run.agreement_on = draft.agreement_on
    run.agreement_ref = draft.agreement_ref.strip()
    run.category = programme.category
    run.hour_pack = limits.pack
    run.order_gate = limits.order_gate if draft.order_gate is None else draft.order_gate
    run.self_enrolment = programme.self_enrolment
    run.capacity = draft.capacity
    run.starts_on = draft.starts_on
    run.ends_on = draft.ends_on
    run.cost_fen = draft.cost_fen
    run.district = draft.district
    run.place = draft.place.strip()
    run.platform_kind = draft.platform_kind
    run.business_note = draft.business_note.strip()


def _fill_parts(run: ClassRun, draft: ClassRunDraft) -> None:
    ClassRunEmployer.objects.bulk_create(
        [
            ClassRunEmployer(class_run=run, organisation_id=employer_id)
            for employer_id in sorted(set(draft.employer_ids))
        ]
    )
    duties = {
        **dict.fromkeys(draft.trainer_ids, Duty.TRAINER),
        **dict.fromkeys(draft.assessor_ids, Duty.ASSESSOR),
    }
    ClassRunStaff.objects.bulk_create(
        [ClassRunStaff(class_run=run, person_id=person_id, duty=duty) for person_id, duty in sorted(duties.items())]
    )


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('enrolment_classrun', 'id'))")
        return int(cursor.fetchone()[0])


def _audit(action: str, run: ClassRun, actor_id: int, now: datetime, *, reason: str = "") -> None:
    record_audit(actor_id=actor_id, action=action, object_kind="class_run", object_id=run.pk, purpose=reason, now=now)
