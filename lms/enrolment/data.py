"""Who learns what in which class run, as the rest of the house sees it, and the refusals that cross the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from enum import StrEnum


class ClassRunState(StrEnum):
    """The life of a class (domain 1.5). `running` and `teaching_done` follow from the dates and are never stored."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    FILED = "filed"
    RUNNING = "running"
    TEACHING_DONE = "teaching_done"
    CANCELLED = "cancelled"


class PayeeKind(StrEnum):
    """To whom a subsidy for the class goes; also whose account the training is on (enterprise or person)."""

    ENTERPRISE = "enterprise"
    PROVIDER = "provider"
    PERSON = "person"


class PlatformKind(StrEnum):
    OWN = "own"
    WHITELIST = "whitelist"


class Duty(StrEnum):
    """What a person does in a class run. Nobody holds both: 考培分离."""

    TRAINER = "trainer"
    ASSESSOR = "assessor"


class Verdict(StrEnum):
    """An officer's answer to a filing."""

    ACCEPTED = "accepted"
    RETURNED = "returned"


class RowVerdict(StrEnum):
    """What becomes of one line of a roster file."""

    READY = "ready"
    FIXED = "fixed"
    FAULTY = "faulty"
    DUPLICATE = "duplicate"
    ENROLLED = "enrolled"
    IMPORTED = "imported"


class ImportState(StrEnum):
    PREVIEW = "preview"
    CONFIRMED = "confirmed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What kind of class a subsidy programme pays for. `agreement`: the payee is agreed in writing before filing."""

    code: str
    category: str
    payee_kinds: tuple[PayeeKind, ...]
    agreement: bool
    employers: bool
    self_enrolment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRunDraft:
    """Everything that describes a class run before it is filed. Money in fen; both days are class days.

    `payee_id` None lets the kind decide: the provider, the only employer, or each person's own employer.
    `order_gate` None takes what the class category says.
    """

    title: str
    curriculum_id: int
    programme_code: str
    provider_id: int
    starts_on: date
    ends_on: date
    payee_kind: PayeeKind
    payee_id: int | None = None
    employer_ids: tuple[int, ...] = ()
    agreement_on: date | None = None
    agreement_ref: str = ""
    base_id: int | None = None
    trainer_ids: tuple[int, ...] = ()
    assessor_ids: tuple[int, ...] = ()
    project_name: str = ""
    capacity: int = 50
    cost_fen: int = 0
    district: str = ""
    place: str = ""
    order_gate: bool | None = None
    platform_kind: PlatformKind = PlatformKind.OWN
    business_note: str = ""
    hour_pack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRunFacts:
    """One delivery of a frozen curriculum to a roster between two days, both included.

    `payee_id` is None where the money goes to each person, or to each person's own employer.
    `state` is as stored; ask `state_on(day)` for what the day makes of it. Money in fen.
    """

    class_run_id: int
    number: str
    title: str
    curriculum_id: int
    course_id: int
    programme_code: str
    project_name: str
    provider_id: int
    employer_ids: tuple[int, ...]
    payee_kind: PayeeKind
    payee_id: int | None
    agreement_on: date | None
    agreement_ref: str
    base_id: int | None
    trainer_ids: tuple[int, ...]
    assessor_ids: tuple[int, ...]
    category: str
    hour_pack: str
    order_gate: bool
    self_enrolment: bool
    capacity: int
    filed_on: date | None
    starts_on: date
    ends_on: date
    state: ClassRunState
    cost_fen: int
    district: str
    place: str
    platform_kind: PlatformKind
    business_fit: bool | None
    business_note: str
    committed: bool

    def state_on(self, day: date) -> ClassRunState:
        """The state on a day: a filed class runs from its first to its last day and is taught after that."""
        if self.state is not ClassRunState.FILED or day < self.starts_on:
            return self.state
        return ClassRunState.RUNNING if day <= self.ends_on else ClassRunState.TEACHING_DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentFacts:
    """One person in one class run. `window_from <= instant < window_to` are the instants at which learning counts.

    `filed_on` is None until the class is filed: nothing counts before.
    """

    enrolment_id: int
    learner_id: int
    class_run_id: int
    curriculum_id: int
    employer_id: int | None
    payer_kind: PayeeKind
    payer_id: int
    enrolled_at: datetime
    on_roster: bool
    filed_on: date | None
    window_from: datetime
    window_to: datetime
    hour_pack: str
    category: str
    order_gate: bool
    programme_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingFacts:
    """One sealed version of a class filing and what the officer said to it, if anything yet."""

    filing_id: int
    class_run_id: int
    version: int
    digest: str
    submitted_by_id: int
    submitted_at: datetime
    verdict: Verdict | None
    reason: str
    decided_by_id: int | None
    decided_at: datetime | None
    content: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One rule that stands in the way. `code` names it; `params` are the figures its words need."""

    code: str
    field: str = ""
    params: Mapping[str, str | int] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """One line of a roster file as people see it: numbers masked, faults by field, in the order of the file."""

    row_number: int
    name: str
    masked_id: str
    masked_mobile: str
    verdict: RowVerdict
    faults: tuple[Refusal, ...]
    enrolment_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterImportResult:
    """A roster file after judging (`preview`) or after its good lines were enrolled (`confirmed`)."""

    import_id: int
    class_run_id: int
    employer_id: int | None
    file_name: str
    state: ImportState
    uploaded_at: datetime
    rows: tuple[RosterRow, ...]

    def count(self, *verdicts: RowVerdict) -> int:
        return sum(row.verdict in verdicts for row in self.rows)


class Refused(ValueError):
    """Nothing was changed. `refusals` name every rule that stands in the way."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(", ".join(refusal.code for refusal in refusals))
        self.refusals = refusals

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(refusal.code for refusal in self.refusals)


class UnableToSaveClass(Refused):
    """The class run stays as it was, or did not come to be."""


class UnableToFile(Refused):
    """The filing was not submitted, accepted or returned."""


class UnableToEnrol(Refused):
    """The person was not enrolled."""


class UnableToDrop(Refused):
    """The person stays on the roster."""


class UnableToImport(Refused):
    """The roster file can't be read, or its import is already over."""


class NotYours(LookupError):
    """The class run, enrolment or import does not exist, or is not the caller's business: one answer for both."""
