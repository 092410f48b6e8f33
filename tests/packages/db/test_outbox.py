from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections, transaction

from lms.db.api import NoTransaction, announce, fail_outbox, finish_outbox, prune_outbox, take_outbox
from lms.db.models import OutboxEntry

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def tell(key: str) -> None:
    with transaction.atomic():
        announce(topic="test.happened", key=key, occurred_at=NOW)


@pytest.mark.django_db
def test_an_announcement_repeated_is_one() -> None:
    tell("1")
    tell("1")
    assert OutboxEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_announcement_needs_the_transaction_of_its_fact() -> None:
    with pytest.raises(NoTransaction):
        announce(topic="test.happened", key="1", occurred_at=NOW)


@pytest.mark.django_db
def test_a_failed_announcement_waits_longer_each_time_and_keeps_its_error() -> None:
    tell("1")
    row = OutboxEntry.objects.get()
    waits = []
    for _ in range(11):
        fail_outbox(item_id=row.pk, error="ValueError: no", now=NOW)
        row.refresh_from_db()
        waits.append(int((row.due_at - NOW).total_seconds()))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert row.last_error == "ValueError: no"
    assert take_outbox(limit=5, now=NOW + timedelta(seconds=299)) == []
    (item,) = take_outbox(limit=5, now=NOW + timedelta(seconds=300))
    finish_outbox(item_id=item.item_id, now=NOW)
    assert take_outbox(limit=5, now=NOW + timedelta(days=1)) == []


@pytest.mark.django_db
def test_only_what_was_carried_out_before_is_forgotten_oldest_first() -> None:
    for key in ("1", "2", "3", "open"):
        tell(key)
    for place, row in enumerate(OutboxEntry.objects.exclude(key="open").order_by("id")):
        finish_outbox(item_id=row.pk, now=NOW + timedelta(hours=place))
    assert prune_outbox(before=NOW + timedelta(hours=2), limit=1) == 1
    assert prune_outbox(before=NOW + timedelta(hours=2)) == 1
    assert prune_outbox(before=NOW + timedelta(hours=2)) == 0
    assert sorted(OutboxEntry.objects.values_list("key", flat=True)) == ["3", "open"]


@pytest.mark.django_db(transaction=True)
def test_four_drains_share_the_work_and_none_gets_the_same_row() -> None:
    for number in range(40):
        tell(str(number))
    taken: list[str] = []

    def drain() -> None:
        try:
            while True:
                with transaction.atomic():
                    items = take_outbox(limit=3, now=NOW)
                    if not items:
                        return
                    for item in items:
                        taken.append(item.key)
                        finish_outbox(item_id=item.item_id, now=NOW)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=int) == [str(number) for number in range(40)]
