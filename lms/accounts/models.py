"""Tables of people, organisations and what happened to them. Decisions live elsewhere."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now, TruncDate

from lms.accounts.data import (
    CheckMethod,
    CheckOutcome,
    CodePurpose,
    ConsentSubject,
    EmploymentKind,
    ErasureOrigin,
    Gender,
    GroupCode,
    IdType,
    Level,
    MobileReason,
    OrganisationKind,
    Role,
    SizeClass,
)
from lms.db.api import AppendOnlyModel, EncryptedTextField
from lms.lib.canonical import SALT_BYTES
from lms.lib.localday import SHANGHAI

LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]


def _choices(codes: Any) -> list[tuple[Any, str]]:
    return [(code.value, code.name) for code in codes]


def new_salt() -> str:
    """Fresh random bytes as hex digits."""
    return secrets.token_hex(SALT_BYTES)


def holding_on(day: date | None) -> Q:
    """Rows whose half-open stretch of days from_on <= day < to_on holds `day`; None means today in Shanghai."""
    when: Any = day or TruncDate(Now(), tzinfo=SHANGHAI)
    return Q(from_on__lte=when) & (Q(to_on=None) | Q(to_on__gt=when))


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Person:
        """A person with a user name. Named by Django, so that `createsuperuser` works."""
        person = self.model(username=username.lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> Person:
        """A person who may do everything in the desks of Django and Wagtail."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    """Anybody with an account or on a roster. Without `claimed_at` nobody has proved yet that it is theirs."""

    username = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=50)
    name_latin = models.CharField(max_length=100, blank=True)
    mobile = EncryptedTextField(purpose="accounts.person.mobile", blank=True)
    mobile_index = models.CharField(max_length=64, blank=True)
    mobile_verified_at = models.DateTimeField(null=True, blank=True)
    id_type = models.CharField(max_length=20, choices=_choices(IdType), blank=True)
    id_number = EncryptedTextField(purpose="accounts.person.id_number", blank=True)
    id_index = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  unique where there is one
    birth_date = models.DateField(null=True, blank=True)
    gender = models.CharField(max_length=6, choices=_choices(Gender), blank=True)
    level = models.PositiveSmallIntegerField(choices=_choices(Level), default=Level.DECLARED.value)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, choices=LANGUAGES, default="zh-hans")
    large_type = models.BooleanField(default=False)
    hukou = models.CharField(max_length=20, blank=True)
    draws_pension = models.BooleanField(null=True, blank=True)
    insured = models.BooleanField(null=True, blank=True)
    insured_as_of = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    claimed_at = models.DateTimeField(null=True, blank=True)
    reverify_since = models.DateTimeField(null=True, blank=True)
    consent_withdrawn_at = models.DateTimeField(null=True, blank=True)
    session_epoch = models.PositiveIntegerField(default=0)
    joined_at = models.DateTimeField(db_default=Now())
    # mixed into every digest over facts about the person; gone with the rest
    salt = models.CharField(max_length=64, default=new_salt, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    EMAIL_FIELD = "email"

    objects = PersonManager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(username=Lower("username")), name="person_username_lower"),
            models.UniqueConstraint(fields=["id_index"], name="person_id_number_once"),
            models.UniqueConstraint(
                fields=["mobile_index"],
                condition=Q(mobile_verified_at__isnull=False, is_active=True),
                name="person_mobile_one_holder",
            ),
            models.CheckConstraint(
                condition=~Q(username__regex=r"^[0-9+]"),
                name="person_username_is_no_number",
            ),
            models.CheckConstraint(
                condition=Q(mobile_verified_at__isnull=True) | ~Q(mobile_index=""),
                name="person_verified_has_mobile",
            ),
            models.CheckConstraint(condition=~Q(id_index=""), name="person_id_index_null_not_empty"),
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(name="", mobile="", id_number="", id_index=None, salt="", is_active=False),
                name="person_erased_is_empty",
            ),
        )
        indexes = (models.Index(fields=["mobile_index"], name="person_by_mobile"),)

    def __str__(self) -> str:
        return f"person {self.pk}"

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Raising session_epoch ends every session of this person at once."""
        inherited: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        return f"{inherited}.{self.session_epoch}"


class Organisation(models.Model):
    kind = models.CharField(max_length=20, choices=_choices(OrganisationKind))
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    uscc = models.CharField(max_length=18, null=True, blank=True)  # noqa: DJ001  unique where there is one
    uscc_note = models.CharField(max_length=200, blank=True)
    district = models.CharField(max_length=6, blank=True)
    address = models.CharField(max_length=200, blank=True)
    size_class = models.CharField(max_length=6, choices=_choices(SizeClass), blank=True)
    abnormal = models.BooleanField(default=False)
    blacklisted = models.BooleanField(default=False)
    account_name = models.CharField(max_length=200, blank=True)
    account_bank = models.CharField(max_length=200, blank=True)
    account_number = EncryptedTextField(purpose="accounts.organisation.account_number", blank=True)
    account_last4 = models.CharField(max_length=4, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["uscc"], name="organisation_uscc_once"),
            models.CheckConstraint(condition=~Q(uscc=""), name="organisation_uscc_null_not_empty"),
        )
        indexes = (models.Index(fields=["kind", "name"], name="organisation_by_kind"),)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=_choices(Role))
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["person", "organisation", "role"],
                condition=Q(to_on=None),
                name="membership_open_once",
            ),
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on")),
                name="membership_ends_after_start",
            ),
        )
        indexes = (models.Index(fields=["organisation", "role"], name="membership_by_role"),)

    def __str__(self) -> str:
        return f"{self.role} {self.person_id} at {self.organisation_id}"


class Employment(models.Model):
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="employments")
    employer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="employments")
    kind = models.CharField(max_length=20, choices=_choices(EmploymentKind))
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["person", "employer", "kind"],
                condition=Q(to_on=None),
                name="employment_open_once",
            ),
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on")),
                name="employment_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} at {self.employer_id}"


class GroupEvidence(models.Model):
    """Proof that a person belongs to a group of domain 2.3 between two days."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="groups_proved")
    code = models.CharField(max_length=10, choices=_choices(GroupCode))
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    ref = models.CharField(max_length=200)
    recorded_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["person", "code", "valid_from", "ref"],
                name="group_evidence_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="group_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.person_id}"


class IdentityCheck(AppendOnlyModel):
    """One look at whether a person is who they say; what came out, and which level it left them at."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="identity_checks")
    method = models.CharField(max_length=20, choices=_choices(CheckMethod))
    adapter = models.CharField(max_length=40)
    outcome = models.CharField(max_length=12, choices=_choices(CheckOutcome))
    level_before = models.PositiveSmallIntegerField()
    level_after = models.PositiveSmallIntegerField()
    checked_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.method} {self.outcome} {self.person_id}"


class Consent(AppendOnlyModel):
    """A person gave or withdrew consent to a text of a version. The latest row per subject is in force."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consents")
    subject = models.CharField(max_length=20, choices=_choices(ConsentSubject))
    version = models.CharField(max_length=20)
    given = models.BooleanField()
    language = models.CharField(max_length=10)
    ip = models.CharField(max_length=45, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["person", "subject", "-id"], name="consent_latest"),)

    def __str__(self) -> str:
        return f"{self.subject} {self.version} {'given' if self.given else 'withdrawn'} {self.person_id}"


class MobileChange(AppendOnlyModel):
    """A person's number changed: from what, to what, why, and who looked at the card."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="mobile_changes")
    old_mobile = EncryptedTextField(purpose="accounts.mobile_change.old", blank=True)
    old_index = models.CharField(max_length=64, blank=True)
    new_mobile = EncryptedTextField(purpose="accounts.mobile_change.new", blank=True)
    new_index = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=12, choices=_choices(MobileReason))
    changed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["old_index"], name="mobile_change_by_old"),
            models.Index(fields=["new_index"], name="mobile_change_by_new"),
        )

    def __str__(self) -> str:
        return f"{self.reason} {self.person_id}"


class AuditEvent(AppendOnlyModel):
    """Somebody did or saw something that must be answered for. Never holds a number in clear."""

    actor = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    purpose = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["object_kind", "object_id", "at"], name="audit_by_object"),
            models.Index(fields=["actor", "at"], name="audit_by_actor"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.object_kind} {self.object_id}"


class PersonalValue(models.Model):
    """What stands behind one commitment in sealed content: the clear value and its salt. Deleted with the person."""

    commitment = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="personal_values")
    salt = models.CharField(max_length=64)
    value = EncryptedTextField(purpose="accounts.personal_value")
    committed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.commitment


class Erasure(models.Model):
    """A person is to be erased: asked for, or because nothing needs them any more. Working state until it is done."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="erasure")
    origin = models.CharField(max_length=12, choices=_choices(ErasureOrigin))
    asked_at = models.DateTimeField()
    due_on = models.DateField(null=True)
    checked_on = models.DateField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["due_on"], condition=Q(erased_at=None), name="erasure_waiting"),)

    def __str__(self) -> str:
        return f"erasure of {self.person_id}"


class SharedPhone(models.Model):
    """A browser that several people use by their own word. Its cookie holds the key, the table only a keyed hash."""

    key_index = models.CharField(max_length=64, unique=True)
    declared_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"shared phone {self.pk}"


class PhoneShare(models.Model):
    """A person said: others use this phone too. Ended when they say otherwise; the past stays readable."""

    phone = models.ForeignKey(SharedPhone, on_delete=models.PROTECT, related_name="shares")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="phone_shares")
    declared_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["phone", "person"], condition=Q(ended_at=None), name="phone_share_open_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} on {self.phone_id}"


class OneTimeCode(models.Model):
    """A six-digit code, kept as a keyed hash. Working state: old rows may be pruned after a day."""

    mobile_index = models.CharField(max_length=64)
    purpose = models.CharField(max_length=12, choices=_choices(CodePurpose))
    nonce = models.CharField(max_length=32)
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    ip = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["mobile_index", "-created_at"], name="code_by_mobile"),
            models.Index(fields=["ip", "-created_at"], name="code_by_ip"),
        )

    def __str__(self) -> str:
        return f"{self.purpose} code {self.pk}"


class SignInGuard(models.Model):
    """How often an identifier (of an account or of none) failed lately. Working state."""

    identifier_index = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    first_failed_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"guard {self.pk}"


class DeviceSession(models.Model):
    """A browser in which a person is signed in."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="devices")
    session_key = models.CharField(max_length=40)
    user_agent = models.CharField(max_length=300, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["session_key"], name="device_session_key_once"),)
        indexes = (
            models.Index(
                fields=["person"],
                condition=Q(ended_at=None),
                name="device_open_by_person",
            ),
        )

    def __str__(self) -> str:
        return f"device {self.pk} of {self.person_id}"


class ApiToken(models.Model):
    """A bearer token of the API; only its keyed hash is kept."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="bearer_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    session_epoch = models.PositiveIntegerField()
    user_agent = models.CharField(max_length=300, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["person"],
                condition=Q(revoked_at=None),
                name="token_open_by_person",
            ),
        )

    def __str__(self) -> str:
        return f"token {self.pk} of {self.person_id}"
