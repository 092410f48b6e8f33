"""The HTTP door of uploads. Bytes of video never pass here: browsers send them to the store themselves."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.web.api import BadRequest, parse_json, problem, roles_required
from media import api
from media.data import MediaFacts, MediaNotFound, UnableToUpload, UploadPart, UploadSlot
from media.messages import state_text

DESK_ROLES = (Role.TRAINER.value, Role.PROVIDER_ADMIN.value)
_MOST_NUMBERS = 50


class NewUpload(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    size: Annotated[int, msgspec.Meta(ge=0, lt=1 << 50)]
    content_type: Annotated[str, msgspec.Meta(max_length=100)] = ""
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    modified_ms: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)] = 0
    organisation: Annotated[int, msgspec.Meta(ge=1)] | None = None


class PartNumbers(msgspec.Struct, forbid_unknown_fields=True):
    numbers: Annotated[list[Annotated[int, msgspec.Meta(ge=1)]], msgspec.Meta(min_length=1, max_length=_MOST_NUMBERS)]


class ArrivedPart(msgspec.Struct, forbid_unknown_fields=True):
    number: Annotated[int, msgspec.Meta(ge=1)]
    etag: Annotated[str, msgspec.Meta(max_length=100)]


class ArrivedParts(msgspec.Struct, forbid_unknown_fields=True):
    parts: Annotated[list[ArrivedPart], msgspec.Meta(max_length=10_000)] = []


@roles_required(*DESK_ROLES)
def uploads(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    wish = parse_json(request, NewUpload)
    organisation_id = _organisation(request, wish.organisation)
    try:
        slot, new = api.start_upload(
            name=_clean(wish.name),
            size=wish.size,
            content_type=_clean(wish.content_type),
            title=_clean(wish.title),
            modified_ms=wish.modified_ms,
            owner_id=_person(request),
            organisation_id=organisation_id,
            now=timezone.now(),
        )
    except (UnableToUpload, api.StoreUnreachable) as error:
        return refused(request, error)
    return JsonResponse(_slot(slot), status=201 if new else 200)


@roles_required(*DESK_ROLES)
def upload(request: HttpRequest, upload: UUID) -> HttpResponse:
    try:
        if request.method == "GET":
            return JsonResponse(_slot(api.get_upload(upload=upload, owner_id=_person(request))))
        if request.method == "DELETE":
            api.abandon_upload(upload=upload, owner_id=_person(request))
            return HttpResponse(status=204)
    except MediaNotFound as error:
        raise Http404 from error
    except api.StoreUnreachable as error:
        return refused(request, error)
    return HttpResponseNotAllowed(["GET", "DELETE"])


@roles_required(*DESK_ROLES)
def parts(request: HttpRequest, upload: UUID) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    numbers = parse_json(request, PartNumbers).numbers
    try:
        urls = api.sign_parts(upload=upload, owner_id=_person(request), numbers=numbers, now=timezone.now())
    except MediaNotFound as error:
        raise Http404 from error
    except UnableToUpload as error:
        return refused(request, error)
    listed = [{"number": number, "url": url} for number, url in sorted(urls.items())]
    answer = JsonResponse({"urls": listed, "expires_seconds": api.PART_SECONDS})
    answer["Cache-Control"] = "private, no-store"
    return answer


@roles_required(*DESK_ROLES)
def complete(request: HttpRequest, upload: UUID) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    arrived = [UploadPart(number=part.number, etag=part.etag) for part in parse_json(request, ArrivedParts).parts]
    try:
        media = api.finish_upload(upload=upload, owner_id=_person(request), parts=arrived, now=timezone.now())
    except MediaNotFound as error:
        raise Http404 from error
    except (UnableToUpload, api.StoreUnreachable) as error:
        return refused(request, error)
    return JsonResponse(media_json(media), status=202)


@roles_required(*DESK_ROLES)
def facts(request: HttpRequest, media_id: UUID) -> HttpResponse:
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    try:
        media = api.get_media(media_id=media_id)
    except MediaNotFound as error:
        raise Http404 from error
    if media.owner_id != _person(request):
        raise Http404
    return JsonResponse(media_json(media))


def media_json(media: MediaFacts) -> dict[str, object]:
    """A video as the API tells it."""
    return {
        "media": str(media.media_id),
        "title": media.title,
        "state": media.state.value,
        "state_text": state_text(media.state),
        "progress": media.progress,
        "duration_ms": media.duration_ms,
        "error": media.error.value if media.error else None,
        "error_text": media.error_text,
    }


def _slot(slot: UploadSlot) -> dict[str, object]:
    return {
        "upload": str(slot.upload),
        "part_size": slot.part_size,
        "parts_total": slot.parts_total,
        "parts_done": [{"number": part.number, "etag": part.etag, "size": part.size} for part in slot.parts_done],
    }


def _person(request: HttpRequest) -> int:
    return request.user.pk or 0  # 0 is nobody; the gate has let only people in


def _own_organisations(request: HttpRequest) -> list[int]:
    held = accounts.roles_of(person_id=_person(request))
    return list(dict.fromkeys(m.organisation_id for m in held if m.role.value in DESK_ROLES))


def _organisation(request: HttpRequest, wanted: int | None) -> int:
    own = _own_organisations(request)
    if wanted is not None and wanted not in own:
        raise Http404
    return wanted or own[0]


def _clean(text: str) -> str:
    if "\x00" in text:
        raise BadRequest(_("The text holds a character that can't be stored."))
    return text


def refused(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, UnableToUpload):
        title, detail = _("The upload is refused"), str(error)
        return problem(request, status=422, code="upload_refused", title=title, detail=detail)
    answer = problem(
        request,
        status=503,
        code="store_unreachable",
        title=_("The video store does not answer"),
        detail=_("Nothing is lost. Try again in a few seconds."),
    )
    answer["Retry-After"] = "5"
    return answer
