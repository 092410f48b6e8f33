"""What crosses the door of accounts: facts about people and organisations, and the refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum

from lms.lib.canonical import JSONValue


class Role(StrEnum):
    """What a person may do for an organisation."""

    HR = "hr"
    PROVIDER_ADMIN = "provider_admin"
    TRAINER = "trainer"
    BASE_STAFF = "base_staff"
    ASSESSOR = "assessor"
    OFFICER = "officer"
    OPERATOR = "operator"
    DESK = "desk"


class OrganisationKind(StrEnum):
    ENTERPRISE = "enterprise"
    PROVIDER = "provider"
    BASE = "base"
    AUTHORITY = "authority"
    ASSESSMENT_BODY = "assessment_body"
    PLATFORM = "platform"


class SizeClass(StrEnum):
    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class EmploymentKind(StrEnum):
    CONTRACT = "contract"
    DISPATCHED_TO = "dispatched_to"
    PLATFORM = "platform"
    NONE = "none"


class IdType(StrEnum):
    """Kinds of identity papers (domain 3.1)."""

    RESIDENT_ID = "resident_id"
    HK_MO_PERMIT = "hk_mo_permit"
    TW_PERMIT = "tw_permit"
    FOREIGN_PERMANENT = "foreign_permanent"
    PASSPORT = "passport"


class Gender(StrEnum):
    MALE = "male"
    FEMALE = "female"
    UNKNOWN = ""


class Level(IntEnum):
    """How well we know who a person is (domain 1.3)."""

    DECLARED = 0
    WELL_FORMED = 1
    MATCHED = 2
    SUPERVISED = 3


class CheckMethod(StrEnum):
    CHECKSUM = "checksum"
    TWO_ELEMENT = "two_element"
    THREE_ELEMENT = "three_element"
    SUPERVISED = "supervised"


class CheckOutcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"


class CodePurpose(StrEnum):
    """What a one-time code opens. A code for one purpose opens nothing else."""

    LOGIN = "login"
    REGISTER = "register"
    MOBILE = "mobile"


class ErasureOrigin(StrEnum):
    """Why a person is to be erased."""

    ASKED = "asked"
    RETENTION = "retention"


class ConsentSubject(StrEnum):
    PLATFORM = "platform"
    FACE = "face"


class MobileReason(StrEnum):
    LOST = "lost"
    RECYCLED = "recycled"
    CHANGED = "changed"
    DISPLACED = "displaced"


class GroupCode(StrEnum):
    """Groups of people whose subsidy differs (domain 2.3)."""

    EMP = "EMP"
    FLEX = "FLEX"
    UNEMP = "UNEMP"
    XB = "XB"
    RURAL = "RURAL"
    DIS = "DIS"
    VET5 = "VET5"
    HARD = "HARD"
    GRAD_C = "GRAD-C"
    GRAD_V = "GRAD-V"
    PRISON = "PRISON"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """A person belongs to a group on the days valid_from <= day < valid_to (None: open)."""

    code: str
    valid_from: date
    valid_to: date | None
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What other packages may know of a person. Numbers are masked; `id_hash` is the keyed index of the ID number.

    `salt` is mixed into every digest over facts about the person; it is never shown and never stored beside the digest.
    An erased person has the name "erased person" in the reader's language, no number and no salt.
    """

    person_id: int
    name: str
    masked_name: str
    masked_id: str
    masked_mobile: str
    id_hash: str
    birth_date: date | None
    gender: Gender
    level: Level
    groups: tuple[GroupFacts, ...]
    hukou: str
    draws_pension: bool | None
    insured: bool | None
    language: str
    salt: str = field(default="", repr=False)
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedValue:
    """What stands behind a commitment: about whom, the clear value and the salt that prove it."""

    person_id: int
    salt: str
    value: JSONValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAccount:
    """One of the accounts of a shared phone, as anybody who holds the phone may see it: masked."""

    share_id: int
    person_id: int
    masked_name: str
    masked_mobile: str
    by_code: bool
    by_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSharing:
    """Who declared to share one phone, with since when and until when (None: still)."""

    person_id: int
    declared_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Something that must be kept: by which retention rule, about what, until which day (None: still running)."""

    rule: str
    subject: str
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """What stands in the way of erasing a person, and the first day on which nothing does (None: not known yet)."""

    kept: tuple[Kept, ...]
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureFacts:
    """One erasure on record. `erased_at` None: it waits."""

    person_id: int
    origin: ErasureOrigin
    asked_at: datetime
    due_on: date | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRun:
    """What one run came to: people erased, people who must still wait, people for whom it failed."""

    erased: int
    waiting: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationFacts:
    organisation_id: int
    kind: OrganisationKind
    name: str
    uscc: str
    district: str
    size_class: SizeClass | None
    abnormal: bool
    blacklisted: bool
    account_name: str
    account_bank: str
    account_last4: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipFacts:
    """A person holds `role` for the organisation on the days from_on <= day < to_on (None: open).

    `district` is the organisation's; empty where none is known.
    """

    person_id: int
    organisation_id: int
    organisation_name: str
    organisation_kind: OrganisationKind
    district: str
    role: Role
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmploymentFacts:
    """The person works for the employer on the days from_on <= day < to_on (None: open)."""

    person_id: int
    employer_id: int
    employer_name: str
    kind: EmploymentKind
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a person can be reached, in clear: hand it to the message door and nowhere else."""

    mobile: str | None
    email: str | None
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One place where a person is signed in: a browser or a token of the API."""

    device_id: int
    kind: str
    name: str
    user_agent: str
    ip: str
    started_at: datetime
    seen_at: datetime
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A bearer token in clear, shown once. `expires_at` ends it."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileReplaced:
    """What the desk has just done: the holder's new masked number and whether somebody else lost it as a login."""

    person: PersonFacts
    displaced_person_id: int | None
    sessions_ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdNumberFacts:
    """What a checked 18-digit number says. `county_known` is None where we hold no table of that province."""

    number: str
    region: str
    birth_date: date
    gender: Gender
    county_known: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one field. `code` picks the words in words.py; `detail` replaces them when set."""

    field: str
    code: str
    detail: str = ""


class Refused(ValueError):
    """The door refuses, naming the rule. `faults` says field by field what to mend."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults

    @property
    def code(self) -> str:
        return self.faults[0].code


class BadNumber(ValueError):
    """A name, ID number, credit code or mobile breaks the rule `code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class UnableToRegister(Refused):
    """No account came to be; nothing was changed and the code is still good unless it was the fault."""


class UnableToEnsurePerson(Refused):
    """The roster line doesn't fit a person."""


class UnableToSendCode(Refused):
    """No code was sent. `wait_seconds` says when to ask again."""

    def __init__(self, *faults: Fault, wait_seconds: int = 60) -> None:
        super().__init__(*faults)
        self.wait_seconds = wait_seconds


class BadCode(Refused):
    """The one-time code is wrong, used, or too old; the caller need not know which."""


class UnableToSignIn(Refused):
    """Wrong name or password, or locked. The same words whether or not the account exists."""

    def __init__(self, *faults: Fault, wait_seconds: int = 0) -> None:
        super().__init__(*faults)
        self.wait_seconds = wait_seconds


class UnableToReplaceMobile(Refused):
    """The number stays as it was."""


class UnableToReveal(Refused):
    """The caller may not see this number."""


class UnableToCheckIdentity(Refused):
    """The person's level stays as it was."""


class UnableToGrantRole(Refused):
    """The role doesn't fit the organisation, or the caller may not grant it."""


class UnableToSaveOrganisation(Refused):
    """The organisation was not stored."""


class UnableToErase(Refused):
    """Nothing was asked for: the confirmation is missing or does not fit."""


class UnableToOpenAccount(Refused):
    """The account was not opened."""


class UnknownPerson(LookupError):
    """There is no such person."""


class UnknownOrganisation(LookupError):
    """There is no such organisation."""
