"""The units of a course as its author writes them. The stream child's own id is the unit's key."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses.choosers import MediaChooserBlock
from courses.data import ExamKind, UnitCategory

LONGEST_UNIT_MINUTES = 480
MOST_UNITS = 200

CATEGORIES = (
    (UnitCategory.SAFETY.value, _("Safety")),
    (UnitCategory.GENERAL.value, _("General")),
    (UnitCategory.THEORY.value, _("Theory")),
    (UnitCategory.PRACTICE.value, _("Practice")),
)
EXAM_KINDS = ((ExamKind.THEORY.value, _("Theory exam")), (ExamKind.PRACTICE.value, _("Practical exam")))


def _title() -> blocks.CharBlock:
    return blocks.CharBlock(label=_("Title"), max_length=120)


def _summary() -> blocks.TextBlock:
    return blocks.TextBlock(
        label=_("What it is about"), required=False, max_length=400, rows=2, help_text=_("One or two sentences.")
    )


def _category(default: UnitCategory) -> blocks.ChoiceBlock:
    return blocks.ChoiceBlock(label=_("Part of the plan"), choices=CATEGORIES, default=default.value)


def _minutes(default: int) -> blocks.IntegerBlock:
    return blocks.IntegerBlock(
        label=_("Length in minutes"),
        default=default,
        min_value=1,
        max_value=LONGEST_UNIT_MINUTES,
        help_text=_("Without breaks. One period is 45 minutes."),
    )


class VideoUnit(blocks.StructBlock):
    """A video lesson. Its length is the true length of the packaged video."""

    title = _title()
    media = MediaChooserBlock(label=_("Video"), help_text=_("Upload it first on the video desk."))
    category = _category(UnitCategory.THEORY)
    summary = _summary()

    class Meta:
        icon = "media"
        label = _("Video lesson")
        label_format = "{title}"


class LiveUnit(blocks.StructBlock):
    title = _title()
    minutes = _minutes(45)
    category = _category(UnitCategory.THEORY)
    summary = _summary()

    class Meta:
        icon = "group"
        label = _("Live class")
        label_format = "{title}"


class PracticeUnit(blocks.StructBlock):
    title = _title()
    minutes = _minutes(90)
    category = _category(UnitCategory.PRACTICE)
    summary = _summary()

    class Meta:
        icon = "cogs"
        label = _("Practice at a base")
        label_format = "{title}"


class AssessmentUnit(blocks.StructBlock):
    """An exam. It gives a result, never hours (domain 0, fact 1)."""

    title = _title()
    exam_kind = blocks.ChoiceBlock(label=_("Exam"), choices=EXAM_KINDS, default=ExamKind.THEORY.value)
    pass_mark = blocks.IntegerBlock(
        label=_("Pass mark"),
        default=60,
        validators=(MinValueValidator(1), MaxValueValidator(100)),
        help_text=_("Out of 100."),
    )
    summary = _summary()

    class Meta:
        icon = "form"
        label = _("Exam")
        label_format = "{title}"


class UnitStream(blocks.StreamBlock):
    """Empty while a draft; `rules.publish_faults` asks for units when the course goes live."""

    video = VideoUnit()
    live = LiveUnit()
    practice = PracticeUnit()
    assessment = AssessmentUnit()

    class Meta:
        required = False
        max_num = MOST_UNITS
