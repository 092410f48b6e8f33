"""Packs and calendars in the database: imported by digest, never changed, read once per process and digest."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.db.models import Max

from lms.lib.workdays import WorkCalendar, read_table, shipped_calendar, shipped_table
from lms.subsidy.data import PackError
from lms.subsidy.engine.casecheck import check_cases
from lms.subsidy.engine.pack import Pack, PackSet
from lms.subsidy.engine.reader import read_pack
from lms.subsidy.models import PolicyPack, WorkTable
from lms.subsidy.shelf import shipped_packs, shipped_texts


def import_pack(*, text: str, now: datetime) -> Pack:
    """The pack decides from now on for its id. Importing what is there already changes nothing. Raises PackError.

    A pack is taken only if its own cases come out as written and cover every clause.
    """
    pack = read_pack(text)
    check_cases(pack, shipped_calendar())
    row = PolicyPack(pack_id=pack.pack_id, digest=pack.pack_digest, source=text, imported_at=now)
    PolicyPack.objects.bulk_create([row], ignore_conflicts=True)
    return pack


def current_pack_set() -> PackSet:
    """The packs that decide now, with the calendar that they count by. Writes nothing.

    The newest imported pack of an id decides; a shipped pack decides as it ships until one of its id is imported.
    """
    latest = PolicyPack.objects.values("pack_id").annotate(newest=Max("id")).values_list("newest", flat=True)
    rows = PolicyPack.objects.filter(pk__in=list(latest)).values_list("pack_id", "digest")
    imported = dict(rows)
    digests = [pack.pack_digest for pack in shipped_packs() if pack.pack_id not in imported]
    return _pack_set(tuple(sorted([*digests, *imported.values()])), shipped_calendar().table_digest)


def pack_row(*, digest: str, now: datetime) -> PolicyPack:
    """The stored pack with this digest; a shipped pack is imported the first time that it decides something."""
    row = PolicyPack.objects.filter(digest=digest).first()
    if row is None:
        import_pack(text=_shipped_text(digest), now=now)
        row = PolicyPack.objects.get(digest=digest)
    return row


def _shipped_text(digest: str) -> str:
    for pack, text in zip(shipped_packs(), shipped_texts().values(), strict=True):
        if pack.pack_digest == digest:
            return text
    raise PackError(f"no pack with digest {digest} ships or was imported")


def work_table_row(*, now: datetime) -> WorkTable:
    """The stored table of working days that the shipped calendar came from."""
    row = WorkTable(digest=shipped_calendar().table_digest, source=shipped_table(), imported_at=now)
    WorkTable.objects.bulk_create([row], ignore_conflicts=True)
    return WorkTable.objects.get(digest=row.digest)


def stored_pack_set(*, pack_digest: str, table_digest: str) -> PackSet:
    """One pack and one calendar as they were stored, for a replay. Raises PackError if either was altered."""
    return _pack_set((pack_digest,), table_digest)


@lru_cache(maxsize=64)
def _pack_set(pack_digests: tuple[str, ...], table_digest: str) -> PackSet:
    return PackSet(packs=tuple(_stored_pack(item) for item in pack_digests), calendar=_stored_table(table_digest))


@lru_cache(maxsize=64)
def _stored_pack(digest: str) -> Pack:
    for shipped in shipped_packs():
        if shipped.pack_digest == digest:
            return shipped
    pack = read_pack(PolicyPack.objects.get(digest=digest).source)
    if pack.pack_digest != digest:
        raise PackError(f"the stored pack {digest} was altered")
    return pack


@lru_cache(maxsize=16)
def _stored_table(digest: str) -> WorkCalendar:
    if digest == shipped_calendar().table_digest:
        return shipped_calendar()
    calendar = read_table(WorkTable.objects.get(digest=digest).source)
    if calendar.table_digest != digest:
        raise PackError(f"the stored table of working days {digest} was altered")
    return calendar
