"""The Celery app; tasks carry the id of the request that caused them."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import redis
import structlog
from celery import Celery
from celery.signals import before_task_publish, heartbeat_sent, setup_logging, task_postrun, task_prerun

from lms.config import alive
from lms.config.requestid import current_request_id, new_request_id
from lms.config.schedule import beat_schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.config.settings.dev")

REQUEST_ID = "zp_request_id"

app = Celery("zhipei")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = beat_schedule()
app.autodiscover_tasks()
app.set_default()


@setup_logging.connect
def keep_our_logging(**_kwargs: Any) -> None:
    """Django's logging settings stay in force; Celery adds none of its own."""


@before_task_publish.connect
def attach_request_id(headers: dict[str, Any] | None = None, **_kwargs: Any) -> None:
    """The message carries the id of the request, or task, that sends it."""
    if headers is not None:
        headers.setdefault(REQUEST_ID, current_request_id() or new_request_id())


@task_prerun.connect
def take_request_id(task: Any = None, task_id: str = "", **_kwargs: Any) -> None:
    request_id = getattr(task.request, REQUEST_ID, None) or new_request_id()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id, task=task.name, task_id=task_id)


@task_postrun.connect
def leave_request_id(**_kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()


@heartbeat_sent.connect
def show_life(**_kwargs: Any) -> None:
    """While its consumer turns, a worker renews the sign of life of each queue it takes from."""
    client = _client()
    with client.pipeline(transaction=False) as pipeline:
        for queue in app.amqp.queues.consume_from:
            pipeline.set(alive.key(queue), "1", ex=alive.SECONDS)
        pipeline.execute()


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(app.conf.broker_url, socket_timeout=2, socket_connect_timeout=2)
