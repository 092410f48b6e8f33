"""What beat sends and how often: names of tasks only, so that beat needs no Django.

Each message is a hint that expires: if nobody took it within its period, the next one says the same.
"""

from __future__ import annotations

import os
from typing import Any

# task -> (seconds, queue)
PERIODS: dict[str, tuple[float, str]] = {
    "lms.flow.tasks.drain_outbox": (1.0, "default"),
    "lms.flow.tasks.prune_done": (3600.0, "default"),
    "lms.ledger.tasks.anchor_today": (600.0, "default"),
    "lms.player.tasks.sweep_shards": (1.0, "settle"),
    "lms.player.tasks.miss_due_checks": (5.0, "settle"),
    "lms.player.tasks.close_confirm_windows": (600.0, "settle"),
    "lms.notices.tasks.deliver_due": (2.0, "default"),
    "lms.practice.tasks.seal_due": (10.0, "default"),
    "lms.practice.tasks.remind_missing": (60.0, "default"),
    "lms.appeals.tasks.sweep_overdue": (300.0, "default"),
    "lms.accounts.tasks.prune": (3600.0, "default"),
    "lms.accounts.tasks.erase_due_people": (3600.0, "default"),
    "lms.points.tasks.end_forgotten_visits": (60.0, "default"),
    "lms.enrolment.tasks.wipe_old_values": (3600.0, "default"),
    "lms.ledger.tasks.make_months_ahead": (3600.0, "default"),
    "lms.oversight.tasks.watch": (300.0, "default"),
    "media.tasks.package_next": (2.0, "media"),
    "lms.archive.tasks.build_waiting": (2.0, "media"),
}
DEMO_PERIODS: dict[str, tuple[float, str]] = {
    "lms.demo.tasks.keep_practice_running": (30.0, "default"),
}


def beat_schedule(*, demo: bool | None = None) -> dict[str, dict[str, Any]]:
    """Beat's entries; with those of the demo where the environment says that this is one."""
    if demo is None:
        demo = os.environ.get("DEMO", "").lower() in {"1", "true", "yes", "on"}
    periods = {**PERIODS, **(DEMO_PERIODS if demo else {})}
    return {
        name: {"task": name, "schedule": seconds, "options": {"queue": queue, "expires": max(seconds, 2.0)}}
        for name, (seconds, queue) in periods.items()
    }
