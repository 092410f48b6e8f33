"""The locks of this package: a learner's play sessions, a learner's presence checks, and a shard's settlement.

Order: learner, then timers by learner id, then memories by session id.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection


class LeaseLost(RuntimeError):
    """Another settler holds the shard now; what this one was about to write is not written."""


def lock_learner(learner_id: int) -> None:
    """Nobody else opens or closes this learner's play sessions until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('player.learner', %s))", [learner_id])


def hold_timers(learner_ids: Collection[int]) -> frozenset[int]:
    """Nobody else asks, answers or settles for those of the learners that have presence checks, until the caller's
    transaction ends; their ids. The others have none: for them nothing happens."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT learner_id FROM player_presencetimer WHERE learner_id = ANY(%s) ORDER BY learner_id FOR UPDATE",
            [list(learner_ids)],
        )
        return frozenset(learner_id for (learner_id,) in cursor.fetchall())


def take_lease(*, shard: int, holder: str, seconds: int) -> tuple[int, str] | None:
    """The fencing token and the place in the stream, if the shard is free or its lease has run out; else None.

    The database's clock decides, so that settlers on several machines agree.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO player_settlelease AS lease (shard, holder, token, lease_until, last_id)
            VALUES (%s, %s, 1, clock_timestamp() + make_interval(secs => %s), '0-0')
            ON CONFLICT (shard) DO UPDATE
               SET holder = excluded.holder, token = lease.token + 1, lease_until = excluded.lease_until
             WHERE lease.lease_until < clock_timestamp()
            RETURNING token, last_id
            """,
            [shard, holder, seconds],
        )
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None


def hold_lease(*, shard: int, token: int, seconds: int) -> str:
    """The caller's transaction holds the shard for good: no other token can commit beside it. Gives the place in the
    stream and prolongs the lease. Raises LeaseLost.

    Whatever the database's default, this commit reaches the disk before it returns: the stream is trimmed after it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")
        cursor.execute(
            """
            UPDATE player_settlelease SET lease_until = clock_timestamp() + make_interval(secs => %s)
             WHERE shard = %s AND token = %s RETURNING last_id
            """,
            [seconds, shard, token],
        )
        row = cursor.fetchone()
    if row is None:
        raise LeaseLost(shard)
    return str(row[0])


def move_on(*, shard: int, token: int, last_id: str) -> None:
    """The shard's stream is taken up to and with `last_id`, once the caller's transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE player_settlelease SET last_id = %s WHERE shard = %s AND token = %s", [last_id, shard, token]
        )


def release_lease(*, shard: int, token: int) -> None:
    """The shard is free for the next settler at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE player_settlelease SET lease_until = clock_timestamp() WHERE shard = %s AND token = %s",
            [shard, token],
        )
