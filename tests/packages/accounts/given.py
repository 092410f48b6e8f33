"""What the tests of accounts start from: an instant, people, organisations, and the code in the last SMS."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lms.accounts import api
from lms.accounts.data import CodePurpose, IdType, OrganisationFacts, OrganisationKind, PersonFacts, Role
from lms.notices.models import LocalMessage

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ZHANG, WANG, LI = "310104198506159028", "310112197801019031", "310107199912319043"
PASSWORD = "hai-shang-ming-yue"


def last_code() -> str:
    """The six digits in the newest SMS."""
    found = re.search(r"(?<!\d)\d{6}(?!\d)", LocalMessage.objects.latest("id").text or "")
    assert found
    return found.group()


def sent_code(mobile: str, purpose: CodePurpose, now: datetime = NOW) -> str:
    """A code that was asked for and arrived."""
    api.request_code(mobile=mobile, purpose=purpose, now=now)
    return last_code()


def registered(
    name: str = "张三",
    id_number: str = ZHANG,
    mobile: str = "13800138000",
    *,
    password: str | None = PASSWORD,
    now: datetime = NOW,
) -> PersonFacts:
    """Somebody who registered by themselves."""
    return api.register_person(
        name=name,
        id_type=IdType.RESIDENT_ID,
        id_number=id_number,
        mobile=mobile,
        code=sent_code(mobile, CodePurpose.REGISTER, now),
        password=password,
        consent_version=api.CONSENT_VERSION,
        now=now,
    )


def platform() -> OrganisationFacts:
    return api.create_organisation(kind=OrganisationKind.PLATFORM, name="职培云", actor_id=None, now=NOW)


def staff(
    role: Role, username: str = "desk1", name: str = "钱六", *, kind: OrganisationKind | None = None
) -> PersonFacts:
    """Somebody on duty with one role."""
    person = api.create_account(name=name, username=username, password=PASSWORD, actor_id=None, now=NOW)
    kinds = {
        Role.OFFICER: OrganisationKind.AUTHORITY,
        Role.DESK: OrganisationKind.PLATFORM,
        Role.OPERATOR: OrganisationKind.PLATFORM,
    }
    place = api.create_organisation(kind=kind or kinds[role], name=f"{username} 的单位", actor_id=None, now=NOW)
    api.grant_role(
        person_id=person.person_id,
        organisation_id=place.organisation_id,
        role=role,
        from_on=NOW.date(),
        actor_id=None,
        now=NOW,
    )
    return person
