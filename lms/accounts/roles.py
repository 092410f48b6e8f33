"""Who may act for which organisation, and who works where."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import IntegrityError, transaction

from lms.accounts import rules
from lms.accounts.audit import record_audit
from lms.accounts.data import (
    BadNumber,
    EmploymentFacts,
    EmploymentKind,
    Fault,
    GroupCode,
    MembershipFacts,
    OrganisationFacts,
    OrganisationKind,
    PersonFacts,
    Role,
    SizeClass,
    UnableToGrantRole,
    UnableToReveal,
    UnableToSaveOrganisation,
    UnknownOrganisation,
    UnknownPerson,
)
from lms.accounts.facts import (
    employment_facts,
    membership_facts,
    organisation_facts,
    person_facts,
)
from lms.accounts.models import (
    Employment,
    GroupEvidence,
    Membership,
    Organisation,
    Person,
    holding_on,
)
from lms.lib.localday import local_day

_NEEDS_CODE = (
    OrganisationKind.ENTERPRISE,
    OrganisationKind.PROVIDER,
    OrganisationKind.BASE,
)


def create_organisation(
    *,
    kind: OrganisationKind,
    name: str,
    uscc: str = "",
    district: str = "",
    size_class: SizeClass | None = None,
    account_name: str = "",
    account_bank: str = "",
    account_number: str = "",
    address: str = "",
    name_en: str = "",
    odd_code_reason: str = "",
    actor_id: int | None,
    now: datetime,
) -> OrganisationFacts:
    """The organisation exists under its credit code. A code whose check digit is odd needs a written reason.

    Raises UnableToSaveOrganisation with uscc: empty, length, characters, check_digit, taken; or name: empty.
    """
    if not name.strip():
        raise UnableToSaveOrganisation(Fault(field="name", code="empty"))
    code: str | None = None
    if uscc or kind in _NEEDS_CODE:
        try:
            allowed = (rules.clean_number(uscc),) if odd_code_reason.strip() else ()
            code = rules.check_uscc(uscc, allowed=allowed)
        except BadNumber as error:
            raise UnableToSaveOrganisation(Fault(field="uscc", code=f"uscc_{error.code}")) from error
    try:
        with transaction.atomic():
            row = Organisation.objects.create(
                kind=kind,
                name=name.strip(),
                name_en=name_en,
                uscc=code,
                uscc_note=odd_code_reason.strip(),
                district=district,
                address=address,
                size_class=size_class or "",
                account_name=account_name,
                account_bank=account_bank,
                account_number=account_number,
                account_last4=account_number[-4:],
                created_at=now,
            )
            record_audit(
                actor_id=actor_id,
                action="create_organisation",
                object_kind="organisation",
                object_id=row.pk,
                now=now,
            )
    except IntegrityError as error:
        raise UnableToSaveOrganisation(Fault(field="uscc", code="uscc_taken")) from error
    return organisation_facts(row)


def flag_organisation(
    *,
    organisation_id: int,
    actor_id: int | None,
    reason: str,
    now: datetime,
    abnormal: bool | None = None,
    blacklisted: bool | None = None,
) -> OrganisationFacts:
    """The given flags are set, with the reason in the audit log."""
    changes = {k: v for k, v in {"abnormal": abnormal, "blacklisted": blacklisted}.items() if v is not None}
    with transaction.atomic():
        if not Organisation.objects.filter(pk=organisation_id).update(**changes):
            raise UnknownOrganisation(organisation_id)
        record_audit(
            actor_id=actor_id,
            action="flag_organisation",
            object_kind="organisation",
            object_id=organisation_id,
            purpose=reason,
            now=now,
            detail=changes,
        )
    return get_organisation(organisation_id=organisation_id)


def get_organisation(*, organisation_id: int) -> OrganisationFacts:
    """The facts of one organisation. Raises UnknownOrganisation."""
    row = Organisation.objects.filter(pk=organisation_id).first()
    if row is None:
        raise UnknownOrganisation(organisation_id)
    return organisation_facts(row)


def get_organisations(*, organisation_ids: Collection[int]) -> dict[int, OrganisationFacts]:
    """The facts by organisation id, in one query; unknown ids are left out."""
    return {row.pk: organisation_facts(row) for row in Organisation.objects.filter(pk__in=set(organisation_ids))}


def find_organisation_by_uscc(*, uscc: str) -> OrganisationFacts | None:
    """The organisation with this credit code, or None."""
    row = Organisation.objects.filter(uscc=rules.clean_number(uscc)).first()
    return organisation_facts(row) if row else None


def list_organisations(*, kind: OrganisationKind | None = None) -> tuple[OrganisationFacts, ...]:
    """All organisations (of a kind) by name."""
    rows = Organisation.objects.filter(kind=kind) if kind else Organisation.objects.all()
    return tuple(organisation_facts(row) for row in rows.order_by("name", "pk"))


def grant_role(
    *,
    person_id: int,
    organisation_id: int,
    role: Role,
    from_on: date,
    actor_id: int | None,
    now: datetime,
) -> MembershipFacts:
    """The person holds the role from that day on; granting it again changes nothing. Raises UnableToGrantRole."""
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        raise UnknownOrganisation(organisation_id)
    if not rules.role_fits(OrganisationKind(organisation.kind), role):
        raise UnableToGrantRole(Fault(field="role", code="role_unfit"))
    try:
        with transaction.atomic():
            row, made = Membership.objects.get_or_create(
                person_id=person_id,
                organisation=organisation,
                role=role,
                to_on=None,
                defaults={"from_on": from_on},
            )
            if made:
                _audit_role("grant_role", row, actor_id, now)
    except IntegrityError as error:
        raise UnknownPerson(person_id) from error
    return membership_facts(row)


def end_role(
    *,
    person_id: int,
    organisation_id: int,
    role: Role,
    to_on: date,
    actor_id: int | None,
    now: datetime,
) -> None:
    """The person no longer holds the role from that day on; the past stays on record."""
    with transaction.atomic():
        row = (
            Membership.objects.select_for_update()
            .filter(
                person_id=person_id,
                organisation_id=organisation_id,
                role=role,
                to_on=None,
            )
            .first()
        )
        if row:
            row.to_on = max(to_on, row.from_on)
            row.save(update_fields=["to_on"])
            _audit_role("end_role", row, actor_id, now)


def roles_of(*, person_id: int, day: date | None = None) -> tuple[MembershipFacts, ...]:
    """What the person may do on that day (None: today), and for whom. The same None holds in all functions here."""
    rows = Membership.objects.filter(holding_on(day), person_id=person_id).select_related("organisation")
    return tuple(membership_facts(row) for row in rows.order_by("role", "organisation__name", "pk"))


def has_role(
    *,
    person_id: int,
    organisation_id: int,
    roles: Collection[Role],
    day: date | None = None,
) -> bool:
    """Whether the person holds one of `roles` for this very organisation on that day."""
    return Membership.objects.filter(
        holding_on(day),
        person_id=person_id,
        organisation_id=organisation_id,
        role__in=roles,
    ).exists()


def holds_role(*, person_id: int, roles: Collection[Role], day: date | None = None) -> bool:
    """Whether the person holds one of `roles` anywhere on that day."""
    return Membership.objects.filter(
        holding_on(day), person_id=person_id, role__in=roles, person__is_active=True
    ).exists()


def organisations_for(*, person_id: int, role: Role, day: date | None = None) -> tuple[OrganisationFacts, ...]:
    """The organisations for which the person holds `role` on that day."""
    rows = Organisation.objects.filter(
        pk__in=Membership.objects.filter(holding_on(day), person_id=person_id, role=role).values("organisation_id")
    )
    return tuple(organisation_facts(row) for row in rows.order_by("name", "pk"))


def people_with_role(*, organisation_id: int, role: Role, day: date | None = None) -> tuple[PersonFacts, ...]:
    """Who holds `role` for the organisation on that day."""
    rows = Person.objects.filter(
        pk__in=Membership.objects.filter(holding_on(day), organisation_id=organisation_id, role=role).values(
            "person_id"
        )
    )
    return tuple(person_facts(row) for row in rows.prefetch_related("groups_proved").order_by("name", "pk"))


def add_employment(
    *,
    person_id: int,
    employer_id: int,
    kind: EmploymentKind,
    from_on: date,
    to_on: date | None = None,
    actor_id: int | None,
    now: datetime,
) -> EmploymentFacts:
    """The person works for the employer from that day on; saying it again changes nothing."""
    with transaction.atomic():
        row, made = Employment.objects.get_or_create(
            person_id=person_id,
            employer_id=employer_id,
            kind=kind,
            to_on=to_on,
            defaults={"from_on": from_on},
        )
        if made:
            record_audit(
                actor_id=actor_id,
                action="add_employment",
                object_kind="person",
                object_id=person_id,
                now=now,
                detail={"employer": employer_id, "kind": kind},
            )
    return employment_facts(row)


def employments_of(*, person_id: int) -> tuple[EmploymentFacts, ...]:
    """All employments on record, newest first."""
    rows = Employment.objects.filter(person_id=person_id).select_related("employer").order_by("-from_on", "-pk")
    return tuple(employment_facts(row) for row in rows)


def employees_of(*, employer_id: int, day: date | None = None) -> tuple[PersonFacts, ...]:
    """Who works for the employer on that day."""
    rows = Person.objects.filter(
        pk__in=Employment.objects.filter(holding_on(day), employer_id=employer_id).values("person_id")
    )
    return tuple(person_facts(row) for row in rows.prefetch_related("groups_proved").order_by("name", "pk"))


def add_group(
    *,
    person_id: int,
    code: GroupCode,
    valid_from: date,
    valid_to: date | None = None,
    ref: str,
    actor_id: int | None,
    now: datetime,
) -> PersonFacts:
    """The proof `ref` that the person belongs to a group between two days is on record."""
    with transaction.atomic():
        _row, made = GroupEvidence.objects.get_or_create(
            person_id=person_id,
            code=code,
            valid_from=valid_from,
            ref=ref,
            defaults={
                "valid_to": valid_to,
                "recorded_by_id": actor_id,
                "recorded_at": now,
            },
        )
        if made:
            record_audit(
                actor_id=actor_id,
                action="add_group",
                object_kind="person",
                object_id=person_id,
                now=now,
                detail={"code": code},
            )
    return person_facts(Person.objects.get(pk=person_id))


def reveal_account_number(*, organisation_id: int, actor_id: int, purpose: str, now: datetime) -> str:
    """The bank account in clear for a payment; who asked and why is on record. Officers only. Raises UnableToReveal."""
    if not holds_role(person_id=actor_id, roles=(Role.OFFICER,), day=local_day(now)):
        raise UnableToReveal(Fault(field="", code="not_allowed"))
    row = Organisation.objects.filter(pk=organisation_id).first()
    if row is None:
        raise UnknownOrganisation(organisation_id)
    record_audit(
        actor_id=actor_id,
        action="reveal_account_number",
        object_kind="organisation",
        object_id=organisation_id,
        purpose=purpose,
        now=now,
    )
    return str(row.account_number)


def _audit_role(action: str, row: Membership, actor_id: int | None, now: datetime) -> None:
    record_audit(
        actor_id=actor_id,
        action=action,
        object_kind="person",
        object_id=row.person_id,
        now=now,
        detail={"organisation": row.organisation_id, "role": row.role},
    )
