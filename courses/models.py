"""Catalogue pages, the lists behind them, and the frozen curricula."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.fields import StreamField
from wagtail.models import Page, Task
from wagtail.search import index
from wagtail.snippets.models import register_snippet

from courses.blocks import UnitStream
from courses.data import OccupationKind
from courses.forms import CoursePageForm
from lms.db.api import AppendOnlyModel

LEVELS = (
    (0, _("No level")),
    (5, _("Level 5 (junior worker)")),
    (4, _("Level 4 (intermediate worker)")),
    (3, _("Level 3 (senior worker)")),
    (2, _("Level 2 (technician)")),
    (1, _("Level 1 (senior technician)")),
)


@register_snippet
class Subject(models.Model):
    """A shelf of the catalogue, such as care or electrical work."""

    ICONS = tuple(
        (name, name)
        for name in (
            "heart-handshake", "zap", "wrench", "cpu", "factory", "shield-check", "hard-hat", "stethoscope",
            "shopping-cart", "briefcase", "book-open", "palette",
        )
    )  # fmt: skip

    name = models.CharField(_("name"), max_length=40, unique=True)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    slug = models.SlugField(_("address part"), unique=True)
    icon = models.CharField(_("icon"), max_length=30, choices=ICONS, default="book-open")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    panels: ClassVar[list[Any]] = [
        FieldPanel("name"), FieldPanel("name_en"), FieldPanel("slug"), FieldPanel("icon"), FieldPanel("position"),
    ]  # fmt: skip

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


@register_snippet
class Occupation(models.Model):
    """An occupation of the national classification, of one edition (domain 3.9). Never taken from scraped tables."""

    KINDS = ((OccupationKind.SKILL.value, _("Skill")), (OccupationKind.KNOWLEDGE.value, _("Knowledge and skill")))

    code = models.CharField(
        _("code"),
        max_length=12,
        validators=[RegexValidator(r"^\d-\d{2}-\d{2}-\d{2}$", _("A code looks like 4-10-01-05."))],
    )
    edition = models.CharField(_("edition of the classification"), max_length=10, default="2022")
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=KINDS, default=OccupationKind.SKILL.value)
    shortage = models.BooleanField(_("on the shortage list"), default=False)

    panels: ClassVar[list[Any]] = [
        FieldPanel("code"), FieldPanel("edition"), FieldPanel("name"), FieldPanel("kind"), FieldPanel("shortage"),
    ]  # fmt: skip

    class Meta:
        verbose_name = _("occupation")
        verbose_name_plural = _("occupations")
        ordering = ("code",)
        constraints = (models.UniqueConstraint(fields=["code", "edition"], name="occupation_once_per_edition"),)

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class CourseIndexPage(Page):
    """The catalogue: search, filters, course cards."""

    intro = models.CharField(_("introduction"), max_length=200, blank=True)

    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("intro")]
    promote_panels: ClassVar[list[Any]] = []
    settings_panels: ClassVar[list[Any]] = []
    max_count = 1
    subpage_types: ClassVar[list[str]] = ["courses.CoursePage"]
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    template = "courses/index.html"

    class Meta:
        verbose_name = _("course catalogue")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from courses.pages import index_context

        return {**super().get_context(request, *args, **kwargs), **index_context(request)}


class CoursePage(Page):
    """A course as its author writes it. What classes are taught from is the frozen `CurriculumVersion`."""

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("training provider")
    )
    intro = models.TextField(
        _("introduction"), max_length=300, blank=True, help_text=_("Two or three sentences for the course card.")
    )
    outcomes = models.TextField(
        _("what you learn"), max_length=1000, blank=True, help_text=_("One line for each thing.")
    )
    audience = models.CharField(_("for whom"), max_length=120, blank=True)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("subject")
    )
    occupation = models.ForeignKey(
        Occupation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("occupation")
    )
    level = models.PositiveSmallIntegerField(_("skill level"), choices=LEVELS, default=0)
    firm_pays = models.BooleanField(_("a firm can pay and claim the subsidy"), default=True)
    person_pays = models.BooleanField(_("a worker can pay and claim the subsidy"), default=False)
    units = StreamField(UnitStream(), verbose_name=_("units"), blank=True)

    # Derived when the page is saved; what lists and filters read.
    video_seconds = models.PositiveIntegerField(default=0, editable=False)
    live_seconds = models.PositiveIntegerField(default=0, editable=False)
    practice_seconds = models.PositiveIntegerField(default=0, editable=False)
    exams = models.PositiveSmallIntegerField(default=0, editable=False)
    search_text = models.TextField(default="", editable=False)

    # What the editor is about to do; None where there is no editor and `live` alone tells.
    going_live: bool | None = None

    base_form_class = CoursePageForm
    parent_page_types: ClassVar[list[str]] = ["courses.CourseIndexPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "courses/course.html"

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("intro"),
        FieldPanel("outcomes"),
        FieldPanel("audience"),
        MultiFieldPanel(
            [FieldPanel("subject"), FieldPanel("occupation"), FieldPanel("level")], heading=_("Where it belongs")
        ),
        MultiFieldPanel([FieldPanel("firm_pays"), FieldPanel("person_pays")], heading=_("Who pays")),
        FieldPanel("organisation"),
    ]
    unit_panels: ClassVar[list[Any]] = [FieldPanel("units")]
    edit_handler = TabbedInterface(
        [
            ObjectList(content_panels, heading=_("Course")),
            ObjectList(unit_panels, heading=_("Units")),
            ObjectList([FieldPanel("slug")], heading=_("Address")),
        ]
    )
    search_fields: ClassVar[list[Any]] = [
        *Page.search_fields,
        index.SearchField("desk_search_words"),
        index.AutocompleteField("desk_search_words"),
        index.FilterField("organisation_id"),
        index.FilterField("level"),
    ]

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        indexes = (
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="course_search_trigrams"),
            models.Index(fields=["occupation", "level"], name="course_by_occupation"),
        )

    def clean(self) -> None:
        """A course that goes live is whole, whoever publishes it: the editor, the workflow or a caller of the api."""
        super().clean()
        if self.live if self.going_live is None else self.going_live:
            from courses.drafts import faults_by_field

            faults = faults_by_field(self)
            if faults:
                raise ValidationError(faults)

    def save(self, *args: Any, **kwargs: Any) -> None:
        from courses.drafts import derive
        from courses.visitors import forget_pages

        derive(self)
        super().save(*args, **kwargs)
        forget_pages()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from courses.pages import course_context

        return {**super().get_context(request, *args, **kwargs), **course_context(self, request)}

    def permissions_for_user(self, user: Any) -> Any:
        from courses.desk import CoursePermissionTester

        return CoursePermissionTester(user, self)

    @property
    def outcome_lines(self) -> list[str]:
        return [line.strip() for line in self.outcomes.splitlines() if line.strip()]

    def desk_search_words(self) -> str:
        """Every run of up to eight characters of the title, so that the desk's own search finds any part of it."""
        from courses.drafts import runs_of

        return runs_of(self.title)


class CurriculumVersion(AppendOnlyModel):
    """A course as it stood when it was published; the units as JSON in the form that is hashed."""

    course = models.ForeignKey(CoursePage, on_delete=models.PROTECT, related_name="curricula")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    course_url = models.CharField(max_length=300)
    occupation_code = models.CharField(max_length=12, blank=True)
    occupation_name = models.CharField(max_length=60, blank=True)
    occupation_kind = models.CharField(max_length=10)
    level = models.PositiveSmallIntegerField(null=True)
    units = models.JSONField()
    digest = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["course", "number"], name="curriculum_number_once"),)

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"


class ProviderApproval(Task):
    """Review by somebody who may release courses of the course's own provider, and who is not its author's stand-in."""

    class Meta:
        verbose_name = _("review by the provider")
        verbose_name_plural = _("reviews by the provider")

    def user_can_access_editor(self, obj: Any, user: Any) -> bool:
        from courses.desk import may_release

        return may_release(user, obj)

    def user_can_lock(self, obj: Any, user: Any) -> bool:
        return self.user_can_access_editor(obj, user)

    def user_can_unlock(self, obj: Any, user: Any) -> bool:
        return False

    def locked_for_user(self, obj: Any, user: Any) -> bool:
        """While a course waits for review its author can't change what the reviewer reads."""
        return not self.user_can_access_editor(obj, user)

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        """A course that may not be published can only be sent back."""
        from courses.desk import may_release
        from courses.drafts import faults_of

        if not may_release(user, obj):
            return []
        back = ("reject", _("Send back"), True)
        if faults_of(obj.specific.get_latest_revision_as_object()):
            return [back]
        return [back, ("approve", _("Approve and publish"), False)]

    def get_task_states_user_can_moderate(self, user: Any, **_kwargs: Any) -> Any:
        from courses.desk import waiting_for

        return waiting_for(self, user)

    @classmethod
    def get_description(cls) -> Any:
        return _("Somebody who releases courses for the same provider approves or sends back.")
