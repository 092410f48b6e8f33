"""The transactional outbox, and the doors to encryption and append-only tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from lms.db.crypto import (
    Signature,
    UnableToDecrypt,
    blind_index,
    decrypt_text,
    encrypt_text,
    public_keys,
    public_keys_pem,
    sign,
    verify,
    verify_with,
)
from lms.db.data import OutboxItem
from lms.db.fields import EncryptedTextField
from lms.db.models import AppendOnlyModel, OutboxEntry, RowIsImmutable
from lms.db.operations import AllowErasure, GuardAppendOnly, guard_statements
from lms.lib.arrays import plain, texts

__all__ = [
    "AllowErasure",
    "AppendOnlyModel",
    "EncryptedTextField",
    "GuardAppendOnly",
    "NoTransaction",
    "RowIsImmutable",
    "Signature",
    "UnableToDecrypt",
    "announce",
    "announce_many",
    "blind_index",
    "decrypt_text",
    "encrypt_text",
    "fail_outbox",
    "finish_outbox",
    "finish_outbox_many",
    "guard_statements",
    "oldest_waiting",
    "prune_outbox",
    "public_keys",
    "public_keys_pem",
    "require_transaction",
    "sign",
    "take_outbox",
    "verify",
    "verify_with",
]

_LONGEST_WAIT = timedelta(minutes=5)
_ANNOUNCE = """
INSERT INTO db_outboxentry (topic, key, occurred_at, due_at, attempts, last_error)
SELECT %s, key, %s, %s, 0, '' FROM unnest(%s::text[]) WITH ORDINALITY AS new (key, place) ORDER BY place
ON CONFLICT (topic, key) DO NOTHING
"""
_TAKE = """
SELECT id, topic, key, occurred_at, attempts FROM db_outboxentry
WHERE done_at IS NULL AND due_at <= %s ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_TAKE_TOPIC = """
SELECT id, topic, key, occurred_at, attempts FROM db_outboxentry
WHERE done_at IS NULL AND topic = %s AND due_at <= %s ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_FINISH = "UPDATE db_outboxentry SET done_at = %s WHERE id = ANY(%s::bigint[]) AND done_at IS NULL"
_PRUNE = """
DELETE FROM db_outboxentry
WHERE id IN (SELECT id FROM db_outboxentry WHERE done_at < %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
"""


class NoTransaction(RuntimeError):
    """The function only makes sense inside the caller's transaction."""


def require_transaction() -> None:
    """Raises NoTransaction unless a transaction is open on the default connection."""
    if not connection.in_atomic_block:
        raise NoTransaction("open a transaction first")


def announce(*, topic: str, key: str, occurred_at: datetime) -> None:
    """The way will hear of `topic` for `key` once the caller's transaction commits. Repeating it changes nothing."""
    announce_many(topic=topic, keys=(key,), occurred_at=occurred_at)


def announce_many(*, topic: str, keys: Sequence[str], occurred_at: datetime) -> None:
    """As `announce` for each key, in their order, in one statement."""
    require_transaction()
    if not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute(_ANNOUNCE, [topic, occurred_at, occurred_at, texts(keys)])


def take_outbox(*, limit: int, now: datetime, topic: str | None = None) -> list[OutboxItem]:
    """Up to `limit` due announcements (of one topic), longest due first, locked until the caller's transaction ends.

    Announcements that another drain holds are passed over.
    """
    require_transaction()
    with connection.cursor() as cursor:
        if topic is None:
            cursor.execute(_TAKE, [now, limit])
        else:
            cursor.execute(_TAKE_TOPIC, [topic, now, limit])
        return [
            OutboxItem(item_id=item_id, topic=of, key=key, occurred_at=occurred_at, attempts=attempts)
            for item_id, of, key, occurred_at, attempts in cursor.fetchall()
        ]


def finish_outbox(*, item_id: int, now: datetime) -> None:
    """The announcement is carried out and will not be given again."""
    finish_outbox_many(item_ids=(item_id,), now=now)


def finish_outbox_many(*, item_ids: Sequence[int], now: datetime) -> None:
    """As `finish_outbox` for each, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [now, plain(item_ids)])


def fail_outbox(*, item_id: int, error: str, now: datetime) -> None:
    """The announcement stays due, later: it waits 1, 2, 4 … seconds, at most five minutes, and keeps its last error."""
    with transaction.atomic():
        row = OutboxEntry.objects.select_for_update().get(pk=item_id)
        row.attempts += 1
        row.due_at = now + min(timedelta(seconds=2 ** min(row.attempts - 1, 9)), _LONGEST_WAIT)
        row.last_error = error[:2000]
        row.save(update_fields=["attempts", "due_at", "last_error"])


def oldest_waiting() -> datetime | None:
    """Since when the oldest open announcement waits; None when everything is carried out."""
    row = OutboxEntry.objects.filter(done_at=None).order_by("id").first()
    return row.occurred_at if row else None


def prune_outbox(*, before: datetime, limit: int = 10_000) -> int:
    """Up to `limit` announcements carried out before that instant are forgotten, oldest first; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_PRUNE, [before, limit])
        pruned: int = cursor.rowcount
    return pruned
