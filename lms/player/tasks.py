"""Hints to settle: they carry no beats, so that losing or repeating one does no harm."""

from __future__ import annotations

import os
import socket
import time

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from lms.player import api, stream

log = structlog.get_logger(__name__)
HINT_SECONDS = 5
TASK_SECONDS = 20.0


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:100]


@shared_task(name="lms.player.tasks.settle_beats", ignore_result=True)
def settle_beats(shard: int) -> None:
    """The shard's stream is settled as far as it goes, for at most about 20 s."""
    until = time.monotonic() + TASK_SECONDS
    while time.monotonic() < until:
        report = api.settle(shard=shard, holder=_holder(), now=timezone.now())
        if report.messages:
            log.info(
                "beats_settled",
                shard=shard,
                messages=report.messages,
                beats=report.beats,
                evidence=report.evidence,
                quarantined=report.quarantined,
            )
        if not report.more:
            return


@shared_task(name="lms.player.tasks.sweep_shards", ignore_result=True)
def sweep_shards() -> None:
    """Every shard whose stream holds something gets a hint; one that was killed at work gets it again and again."""
    for shard in range(settings.PLAYER_SHARDS):
        if stream.waiting(shard):
            settle_beats.apply_async((shard,), expires=HINT_SECONDS)


@shared_task(name="lms.player.tasks.miss_due_checks", ignore_result=True)
def miss_due_checks() -> None:
    """Presence checks that nobody answered in time have failed."""
    missed = api.miss_due(now=timezone.now())
    if missed:
        log.info("checks_missed", checks=missed)


@shared_task(name="lms.player.tasks.close_confirm_windows", ignore_result=True)
def close_confirm_windows() -> None:
    """What still waits for a check after the make-up days of its class is refused, with its reason."""
    closed = api.close_windows(now=timezone.now())
    if closed:
        log.info("confirm_windows_closed", enrolments=closed)
