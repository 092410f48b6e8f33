"""From rows to the facts that may cross the door, and the one way to index a number."""

from __future__ import annotations

from django.utils.translation import gettext

from lms.accounts import rules
from lms.accounts.data import (
    EmploymentFacts,
    EmploymentKind,
    Gender,
    GroupFacts,
    IdType,
    Level,
    MembershipFacts,
    OrganisationFacts,
    OrganisationKind,
    PersonFacts,
    Role,
    SizeClass,
)
from lms.accounts.models import Employment, Membership, Organisation, Person
from lms.db.api import blind_index


def mobile_index(mobile: str) -> str:
    """Where to look a mobile number up; empty for no number."""
    return blind_index(mobile, purpose="accounts.mobile") if mobile else ""


def id_index(id_type: IdType, number: str) -> str:
    """Where to look an identity paper up."""
    return blind_index(rules.index_text(id_type, number), purpose="accounts.id_number")


def person_facts(person: Person) -> PersonFacts:
    """Prefetch `groups_proved` where many are made."""
    erased = person.erased_at is not None
    return PersonFacts(
        person_id=person.pk,
        name=gettext("Erased person") if erased else person.name,
        masked_name=gettext("Erased person") if erased else rules.mask_name(person.name),
        masked_id=rules.mask_id(person.id_number),
        masked_mobile=rules.mask_mobile(person.mobile),
        id_hash=person.id_index or "",
        birth_date=person.birth_date,
        gender=Gender(person.gender),
        level=Level(person.level),
        groups=tuple(
            GroupFacts(
                code=row.code,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                ref=row.ref,
            )
            for row in sorted(
                person.groups_proved.all(),
                key=lambda row: (row.valid_from, row.code, row.pk),
            )
        ),
        hukou=person.hukou,
        draws_pension=person.draws_pension,
        insured=person.insured,
        language=person.language,
        salt=person.salt,
        erased=erased,
    )


def organisation_facts(row: Organisation) -> OrganisationFacts:
    return OrganisationFacts(
        organisation_id=row.pk,
        kind=OrganisationKind(row.kind),
        name=row.name,
        uscc=row.uscc or "",
        district=row.district,
        size_class=SizeClass(row.size_class) if row.size_class else None,
        abnormal=row.abnormal,
        blacklisted=row.blacklisted,
        account_name=row.account_name,
        account_bank=row.account_bank,
        account_last4=row.account_last4,
    )


def membership_facts(row: Membership) -> MembershipFacts:
    """Fetch with select_related("organisation")."""
    return MembershipFacts(
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        organisation_name=row.organisation.name,
        organisation_kind=OrganisationKind(row.organisation.kind),
        district=row.organisation.district,
        role=Role(row.role),
        from_on=row.from_on,
        to_on=row.to_on,
    )


def employment_facts(row: Employment) -> EmploymentFacts:
    """Fetch with select_related("employer")."""
    return EmploymentFacts(
        person_id=row.person_id,
        employer_id=row.employer_id,
        employer_name=row.employer.name,
        kind=EmploymentKind(row.kind),
        from_on=row.from_on,
        to_on=row.to_on,
    )
