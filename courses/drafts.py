"""From the author's stream of blocks to plain units, and what is derived from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from courses.data import ExamKind, UnitCategory, UnitMode, UnitSpec
from courses.rules import Fault, PublishFault, UnitFacts, publish_faults, search_form
from lms.accounts import api as accounts
from media import api as media
from media.data import MediaFacts

if TYPE_CHECKING:
    from courses.models import CoursePage

_LONGEST_RUN = 8
_FIELDS = {Fault.NO_INTRO: "intro", Fault.NO_ONE_PAYS: "firm_pays"}


def unit_specs(page: CoursePage) -> tuple[UnitSpec, ...]:
    """The page's units in order, lengths in whole seconds; a video that isn't ready counts 0."""
    known = _media_of(page)
    return tuple(_spec(child, position, known) for position, child in enumerate(page.units, start=1))


def fault_messages(page: CoursePage) -> list[str]:
    """What stands against publishing the page, as sentences in the reader's language."""
    return [_sentence(fault) for fault in faults_of(page)]


def faults_by_field(page: CoursePage) -> dict[str, list[str]]:
    """The same sentences under the field of the editor where each is mended."""
    found: dict[str, list[str]] = {}
    for fault in faults_of(page):
        found.setdefault(_FIELDS.get(fault.fault, "units"), []).append(_sentence(fault))
    return found


def faults_of(page: CoursePage) -> tuple[PublishFault, ...]:
    known = _media_of(page)
    units = [_unit_facts(page, spec, known) for spec in unit_specs(page)]
    return publish_faults(units, intro=page.intro, payers=int(page.firm_pays) + int(page.person_pays))


def derive(page: CoursePage) -> None:
    """The page's derived columns agree with its units and texts (not yet saved)."""
    units = unit_specs(page)
    seconds = {mode: sum(u.required_seconds for u in units if u.mode is mode) for mode in UnitMode}
    page.video_seconds = seconds[UnitMode.VIDEO]
    page.live_seconds = seconds[UnitMode.LIVE]
    page.practice_seconds = seconds[UnitMode.PRACTICE]
    page.exams = sum(1 for unit in units if unit.mode is UnitMode.ASSESSMENT)
    page.search_text = search_form("\n".join(_searchable(page)))


def runs_of(text: str) -> str:
    """Every run of up to eight neighbouring characters of each word of `text`, divided by blanks."""
    runs: dict[str, None] = {}
    for word in text.split():
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + _LONGEST_RUN) + 1):
                runs[word[start:end]] = None
    return " ".join(runs)


def _searchable(page: CoursePage) -> list[str]:
    texts = [page.title, page.intro, page.outcomes, page.audience]
    if page.subject is not None:
        texts += [page.subject.name, page.subject.name_en]
    if page.occupation is not None:
        texts += [page.occupation.name, page.occupation.code]
    if page.organisation_id:
        texts.append(accounts.get_organisation(organisation_id=page.organisation_id).name)
    for child in page.units:
        texts += [str(child.value.get("title") or ""), str(child.value.get("summary") or "")]
    return texts


def _media_of(page: CoursePage) -> dict[UUID, MediaFacts]:
    ids = tuple(child.value["media"].pk for child in page.units if _video(child) is not None)
    return media.get_media_many(media_ids=ids) if ids else {}


def _video(child: Any) -> Any:
    return child.value.get("media") if child.block_type == UnitMode.VIDEO else None


def _spec(child: Any, position: int, known: dict[UUID, MediaFacts]) -> UnitSpec:
    mode = UnitMode(child.block_type)
    value = child.value
    video = _video(child)
    if mode is UnitMode.VIDEO:
        facts = known.get(video.pk) if video is not None else None
        seconds = facts.seconds if facts is not None and facts.ready else 0
    else:
        seconds = int(value.get("minutes") or 0) * 60
    exam = mode is UnitMode.ASSESSMENT
    category = ExamKind(value["exam_kind"]).value if exam else value["category"]
    return UnitSpec(
        unit_key=str(child.id or ""),
        mode=mode,
        category=UnitCategory(category),
        title=str(value["title"] or ""),
        position=position,
        duration_seconds=seconds,
        required_seconds=seconds,
        media_id=video.pk if video is not None else None,
        exam_kind=ExamKind(value["exam_kind"]) if exam else None,
        pass_mark=int(value["pass_mark"] or 0) if exam else None,
    )


def _unit_facts(page: CoursePage, spec: UnitSpec, known: dict[UUID, MediaFacts]) -> UnitFacts:
    facts = known.get(spec.media_id) if spec.media_id else None
    return UnitFacts(
        position=spec.position,
        title=spec.title,
        mode=spec.mode,
        seconds=spec.required_seconds,
        media_id=spec.media_id,
        media_state=facts.state.value if facts else "",
        media_is_own=facts is None or facts.organisation_id == page.organisation_id,
    )


def _sentence(fault: PublishFault) -> str:
    texts = {
        Fault.NO_UNIT: _("The course has no unit yet. Add at least one lesson on the tab “Units”, then publish."),
        Fault.NO_HOURS: _("The course has only exams. Add a video, a live class or a practice that counts hours."),
        Fault.NO_INTRO: _("Write an introduction: learners see it on the course card."),
        Fault.NO_ONE_PAYS: _("Say who can pay for the course: a firm, a worker, or both."),
        Fault.NO_VIDEO: _("Unit %(position)d “%(title)s” has no video. Choose one or remove the unit."),
        Fault.VIDEO_NOT_READY: _(
            "The video of unit %(position)d “%(title)s” is not ready yet. Wait until the video desk shows “Ready”."
        ),
        Fault.VIDEO_FAILED: _(
            "The video of unit %(position)d “%(title)s” could not be packaged. "
            "See why on the video desk and choose another."
        ),
        Fault.FOREIGN_VIDEO: _(
            "The video of unit %(position)d “%(title)s” belongs to another provider. Choose your own."
        ),
        Fault.VIDEO_TWICE: _(
            "Unit %(position)d “%(title)s” uses a video that an earlier unit uses. The same video can't count twice."
        ),
        Fault.NO_LENGTH: _("Unit %(position)d “%(title)s” has no length. Enter its minutes."),
    }
    return texts[fault.fault] % {"position": fault.position, "title": fault.title}
