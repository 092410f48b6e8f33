from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.db.api import AppendOnlyModel, EncryptedTextField
from lms.enrolment.data import ClassRunState, Duty, ImportState, PayeeKind, PlatformKind, RowVerdict, Verdict

_STORED_STATES = (
    ClassRunState.DRAFT,
    ClassRunState.SUBMITTED,
    ClassRunState.RETURNED,
    ClassRunState.FILED,
    ClassRunState.CANCELLED,
)


def _choices(values: Any) -> list[tuple[str, str]]:
    return [(value.value, value.value) for value in values]


class ClassRun(models.Model):
    """One delivery of a frozen curriculum between two days. Working state until filed; then only people change."""

    number = models.CharField(_("class number"), max_length=24, unique=True)
    title = models.CharField(_("class title"), max_length=120)
    curriculum = models.ForeignKey("courses.CurriculumVersion", on_delete=models.PROTECT, related_name="+")
    # the course of the curriculum, copied so that the classes of a course are found without its tables
    course_id = models.BigIntegerField(db_index=True)
    programme_code = models.CharField(max_length=20)
    project_name = models.CharField(_("project name"), max_length=120)
    provider = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    base = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    payee_kind = models.CharField(max_length=12, choices=_choices(PayeeKind))
    payee = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    agreement_on = models.DateField(_("agreement signed on"), null=True)
    agreement_ref = models.CharField(_("agreement number"), max_length=80, blank=True)
    category = models.CharField(max_length=32)
    hour_pack = models.CharField(max_length=40)
    order_gate = models.BooleanField(_("practice only after the online theory"))
    self_enrolment = models.BooleanField(_("open to everybody"))
    capacity = models.PositiveIntegerField(_("places"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    cost_fen = models.BigIntegerField(_("cost per person"))
    district = models.CharField(max_length=6)
    place = models.CharField(_("place"), max_length=200, blank=True)
    platform_kind = models.CharField(max_length=12, choices=_choices(PlatformKind))
    business_fit = models.BooleanField(null=True)
    business_note = models.CharField(max_length=300, blank=True)
    committed_at = models.DateTimeField(null=True)
    committed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=16, choices=_choices(_STORED_STATES), default=ClassRunState.DRAFT)
    filed_on = models.DateField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="class_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(filed_on__isnull=True) | Q(starts_on__gt=F("filed_on")), name="class_starts_after_filing"
            ),
            models.CheckConstraint(
                condition=Q(state=ClassRunState.FILED, filed_on__isnull=False)
                | Q(state=ClassRunState.CANCELLED)
                | (~Q(state=ClassRunState.FILED) & Q(filed_on__isnull=True)),
                name="class_filed_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(payee_kind=PayeeKind.PERSON, payee__isnull=True)
                | Q(payee_kind=PayeeKind.PROVIDER, payee__isnull=False)
                | Q(payee_kind=PayeeKind.ENTERPRISE),
                name="class_payee_fits_its_kind",
            ),
            models.CheckConstraint(condition=Q(cost_fen__gte=0, capacity__gt=0), name="class_figures_are_sane"),
        )
        indexes = (models.Index(fields=["state", "starts_on"], name="class_by_state"),)

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class ClassRunEmployer(models.Model):
    """An enterprise whose staff may learn in the class."""

    class_run = models.ForeignKey(ClassRun, on_delete=models.CASCADE, related_name="employers")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["class_run", "organisation"], name="class_employer_once"),)

    def __str__(self) -> str:
        return f"{self.class_run_id} {self.organisation_id}"


class ClassRunStaff(models.Model):
    """A person teaches or assesses the class; one duty per person, by key."""

    class_run = models.ForeignKey(ClassRun, on_delete=models.CASCADE, related_name="staff")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    duty = models.CharField(max_length=10, choices=_choices(Duty))

    class Meta:
        constraints = (models.UniqueConstraint(fields=["class_run", "person"], name="class_staff_one_duty"),)

    def __str__(self) -> str:
        return f"{self.class_run_id} {self.person_id} {self.duty}"


class FilingVersion(AppendOnlyModel):
    """What was filed, sealed: the canonical content and its digest."""

    class_run = models.ForeignKey(ClassRun, on_delete=models.PROTECT, related_name="filings")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["class_run", "version"], name="filing_version_once"),)

    def __str__(self) -> str:
        return f"{self.class_run_id} v{self.version}"


class FilingVerdict(AppendOnlyModel):
    """An officer's one answer to one sealed filing."""

    filing = models.OneToOneField(FilingVersion, on_delete=models.PROTECT, related_name="answer")
    verdict = models.CharField(max_length=10, choices=_choices(Verdict))
    reason = models.CharField(max_length=500, blank=True)
    business_fit = models.BooleanField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~Q(verdict=Verdict.RETURNED) | ~Q(reason=""), name="filing_returned_with_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.filing_id} {self.verdict}"


class Enrolment(models.Model):
    """One person in one class run, once. Who pays is fixed when the person joins; dropping keeps the row."""

    class_run = models.ForeignKey(ClassRun, on_delete=models.PROTECT, related_name="enrolments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    employer = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    enrolled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    enrolled_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["class_run", "person"], name="enrolled_once_per_class"),)
        indexes = (models.Index(fields=["person", "-enrolled_at"], name="enrolment_by_person"),)

    def __str__(self) -> str:
        return f"{self.class_run_id} {self.person_id}"


class RosterAmendment(AppendOnlyModel):
    """A change of the roster: who, when, by whom and why. Written for every joining and every drop."""

    class Kind(models.TextChoices):
        ADD = "add"
        DROP = "drop"
        REJOIN = "rejoin"

    class_run = models.ForeignKey(ClassRun, on_delete=models.PROTECT, related_name="amendments")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="amendments")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    after_filing = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["class_run", "at"], name="amendment_by_class"),)

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.kind}"


class RosterImport(models.Model):
    """One uploaded roster file: judged at once, enrolled only when its uploader confirms."""

    class_run = models.ForeignKey(ClassRun, on_delete=models.PROTECT, related_name="imports")
    employer = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=_choices(ImportState), default=ImportState.PREVIEW)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # the uploader's word that the people on the list were told what happens to their data
    told_people = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["class_run", "-uploaded_at"], name="import_by_class"),)

    def __str__(self) -> str:
        return self.file_name


class RosterImportRow(models.Model):
    """One line of a roster file. The values lie encrypted and are wiped once they have served."""

    roster_import = models.ForeignKey(RosterImport, on_delete=models.CASCADE, related_name="rows")
    row_number = models.PositiveIntegerField()
    sealed_values = EncryptedTextField(purpose="enrolment.roster_row", blank=True)
    name = models.CharField(max_length=100, blank=True)
    masked_id = models.CharField(max_length=40, blank=True)
    masked_mobile = models.CharField(max_length=40, blank=True)
    verdict = models.CharField(max_length=10, choices=_choices(RowVerdict))
    faults = models.JSONField(default=list)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["roster_import", "row_number"], name="import_row_once"),)

    def __str__(self) -> str:
        return f"{self.roster_import_id} {self.row_number}"
