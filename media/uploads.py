"""Uploads from the browser straight to the store, in parts that survive a lost network, a closed tab, a reboot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from media import store
from media.data import MediaError, MediaNotFound, MediaState, UnableToUpload, UploadPart, UploadSlot
from media.models import MediaAsset
from media.rules import LARGEST_UPLOAD, part_size_for, parts_total

PART_SECONDS = 3600
MOST_OPEN_UPLOADS = 20
ABANDONED_AFTER = timedelta(days=7)


def open_upload(
    *,
    name: str,
    size: int,
    content_type: str,
    title: str,
    modified_ms: int,
    owner_id: int,
    organisation_id: int,
    now: datetime,
) -> tuple[UploadSlot, bool]:
    """An upload is open for this file, and whether it is new: the same unfinished file goes on where it stopped.

    Raises UnableToUpload, StoreUnreachable.
    """
    _check(name=name, size=size)
    mine = MediaAsset.objects.filter(owner_id=owner_id, state=MediaState.UPLOADING.value)
    for asset in mine.filter(file_name=name, size=size, modified_ms=modified_ms).order_by("-created_at")[:1]:
        try:
            return slot_of(asset), False
        except store.ObjectMissing:
            _restart(asset, now)
            return slot_of(asset), False
    if mine.count() >= MOST_OPEN_UPLOADS:
        raise UnableToUpload(_("You have 20 unfinished uploads. Finish or remove some of them first."))
    media_id = uuid4()
    key = f"uploads/{media_id}/source"
    part_size = part_size_for(size)
    upload_id = store.begin_multipart(key, content_type=content_type or "application/octet-stream")
    MediaAsset.objects.create(
        pk=media_id,
        title=(title.strip() or _title_from(name))[:200],
        owner_id=owner_id,
        organisation_id=organisation_id,
        file_name=name,
        content_type=content_type[:100],
        size=size,
        modified_ms=modified_ms,
        source_key=key,
        upload_id=upload_id,
        part_size=part_size,
        touched_at=now,
        created_at=now,
    )
    return UploadSlot(
        upload=media_id, part_size=part_size, parts_total=parts_total(size, part_size), parts_done=()
    ), True


def slot_of(asset: MediaAsset) -> UploadSlot:
    """The open upload with the parts that have arrived whole. Raises ObjectMissing when the store has forgotten it."""
    total = parts_total(asset.size, asset.part_size)
    arrived = store.list_parts(asset.source_key, asset.upload_id)
    whole = tuple(part for part in arrived if part.number <= total and part.size == _length(asset, part.number))
    return UploadSlot(upload=asset.pk, part_size=asset.part_size, parts_total=total, parts_done=whole)


def sign(asset: MediaAsset, numbers: Sequence[int], *, now: datetime) -> dict[int, str]:
    """A URL per part number, good for an hour. Raises UnableToUpload for a number that the file has not."""
    total = parts_total(asset.size, asset.part_size)
    if any(not 1 <= number <= total for number in numbers):
        raise UnableToUpload(_("This file has parts 1 to %(total)d.") % {"total": total})
    MediaAsset.objects.filter(pk=asset.pk).update(touched_at=now)
    return {
        number: store.presign_part(asset.source_key, asset.upload_id, number, seconds=PART_SECONDS)
        for number in numbers
    }


def complete(asset: MediaAsset, parts: Sequence[UploadPart], *, now: datetime) -> None:
    """The file is whole in the store and waits to be packaged. Doing it again changes nothing.

    The store's own list of parts is what counts; the browser's list only has to agree with it. Raises UnableToUpload.
    """
    slot = slot_of(asset)
    missing = slot.parts_total - len(slot.parts_done)
    if missing:
        raise UnableToUpload(
            _("%(missing)d of %(total)d parts have not arrived. Send them and finish again.")
            % {"missing": missing, "total": slot.parts_total}
        )
    arrived = {part.number: part.etag for part in slot.parts_done}
    if any(arrived.get(part.number) != part.etag.strip('"') for part in parts):
        raise UnableToUpload(_("A part differs from what the store has received. Send the file again."))
    store.finish_multipart(asset.source_key, asset.upload_id, slot.parts_done)
    settle(asset.pk, now=now)


def settle(media_id: UUID, *, now: datetime) -> None:
    """A file that is whole in the store is queued; one of another size than announced has failed."""
    with transaction.atomic():
        asset = MediaAsset.objects.select_for_update().get(pk=media_id)
        if asset.state != MediaState.UPLOADING.value:
            return
        whole = store.size_of(asset.source_key) == asset.size
        asset.upload_id = ""
        asset.touched_at = now
        asset.state = MediaState.QUEUED.value if whole else MediaState.FAILED.value
        asset.due_at = now if whole else None
        asset.error_code = "" if whole else MediaError.SIZE_DIFFERS.value
        asset.save(update_fields=["upload_id", "touched_at", "state", "due_at", "error_code"])


def remove(asset: MediaAsset) -> None:
    """An unfinished upload is gone, in the store too."""
    if asset.state != MediaState.UPLOADING.value:
        raise MediaNotFound(str(asset.pk))
    store.abort_multipart(asset.source_key, asset.upload_id)
    MediaAsset.objects.filter(pk=asset.pk, state=MediaState.UPLOADING.value).delete()


def sweep_abandoned(*, now: datetime) -> int:
    """Uploads that stood still for a week have failed, and their parts no longer take room."""
    stale = MediaAsset.objects.filter(state=MediaState.UPLOADING.value, touched_at__lt=now - ABANDONED_AFTER)
    swept = 0
    for asset in stale.order_by("touched_at")[:50]:
        store.abort_multipart(asset.source_key, asset.upload_id)
        swept += MediaAsset.objects.filter(pk=asset.pk, state=MediaState.UPLOADING.value).update(
            state=MediaState.FAILED.value, error_code=MediaError.UPLOAD_ABANDONED.value, upload_id=""
        )
    return swept


def _check(*, name: str, size: int) -> None:
    if not name.strip() or len(name) > 255:
        raise UnableToUpload(_("The file has no name, or one longer than 255 characters."))
    if size <= 0:
        raise UnableToUpload(_("The file is empty. Choose another one."))
    if size > LARGEST_UPLOAD:
        raise UnableToUpload(_("The file is larger than 8 GB. Cut it into lessons or export it smaller."))


def _restart(asset: MediaAsset, now: datetime) -> None:
    asset.upload_id = store.begin_multipart(
        asset.source_key, content_type=asset.content_type or "application/octet-stream"
    )
    asset.touched_at = now
    asset.save(update_fields=["upload_id", "touched_at"])


def _length(asset: MediaAsset, number: int) -> int:
    return min(asset.part_size, asset.size - (number - 1) * asset.part_size)


def _title_from(name: str) -> str:
    stem, dot, _ending = name.rpartition(".")
    return (stem if dot and stem else name).strip()
