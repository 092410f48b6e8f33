"""Beat names only tasks that exist, on queues that somebody takes from."""

from __future__ import annotations

from lms.config import alive, schedule
from lms.config.celery import app


def test_every_periodic_task_exists_and_its_queue_has_a_worker() -> None:
    app.loader.import_default_modules()
    for name, entry in schedule.beat_schedule(demo=True).items():
        assert name in app.tasks
        assert entry["options"]["queue"] in alive.QUEUES
        routed = app.amqp.router.route({}, name)["queue"].name
        assert routed == entry["options"]["queue"], f"{name} is sent to another queue when called from code"


def test_only_a_demo_keeps_a_practice_session_running() -> None:
    assert set(schedule.beat_schedule(demo=True)) - set(schedule.beat_schedule(demo=False)) == set(
        schedule.DEMO_PERIODS
    )
