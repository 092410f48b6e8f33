"""What beat sends and how often: names of tasks only, so that beat needs no Django.

Each message is a hint that expires: if nobody took it within its period, the next one says the same.
"""

from __future__ import annotations

from typing import Any

# task -> (seconds, queue)
PERIODS: dict[str, tuple[float, str]] = {
    "lms.flow.tasks.drain_outbox": (1.0, "default"),
    "lms.ledger.tasks.anchor_moved_heads": (3600.0, "default"),
    "lms.player.tasks.sweep_shards": (1.0, "settle"),
    "lms.notices.tasks.deliver_due": (2.0, "default"),
    "lms.practice.tasks.seal_due": (10.0, "default"),
    "lms.practice.tasks.remind_missing": (60.0, "default"),
    "lms.accounts.tasks.prune": (3600.0, "default"),
    "lms.ledger.tasks.make_months_ahead": (3600.0, "default"),
    "media.tasks.package_next": (2.0, "media"),
}


def beat_schedule() -> dict[str, dict[str, Any]]:
    return {
        name: {"task": name, "schedule": seconds, "options": {"queue": queue, "expires": max(seconds, 2.0)}}
        for name, (seconds, queue) in PERIODS.items()
    }
