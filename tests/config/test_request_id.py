"""One id goes with a request: into its answer, its logs and the tasks that it causes."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog
from celery.contrib.testing.worker import start_worker
from celery.result import AsyncResult
from django.test import Client

from lms.config.celery import app
from lms.config.logs import logging_settings
from lms.config.requestid import HEADER, current_request_id

SEEN: list[str | None] = []
DONE = threading.Event()


@app.task(name="tests.note_request_id")
def note_request_id(*, deeper: bool) -> None:
    SEEN.append(current_request_id())
    if deeper:
        note_request_id.delay(deeper=False)
    else:
        DONE.set()


@pytest.fixture
def worker(db: None) -> Iterator[None]:
    """A real worker on the real broker, in a thread."""
    SEEN.clear()
    DONE.clear()
    with start_worker(app, pool="solo", perform_ping_check=False):
        yield


def test_the_answer_carries_a_well_formed_id_back(db: None, client: Client) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": "abc-123.DEF_9"})
    assert answer.headers[HEADER] == "abc-123.DEF_9"


@pytest.mark.parametrize("sent", ["", "short", "x" * 65, "has space in it", "line\tbreak-12345", "<script>1234"])
def test_an_ill_formed_id_is_replaced(db: None, client: Client, sent: str) -> None:
    made = client.get("/healthz", headers={"X-Request-ID": sent}).headers[HEADER]
    assert made != sent
    assert len(made) == 32


def test_a_task_and_the_task_it_causes_carry_the_id(worker: None) -> None:
    with structlog.contextvars.bound_contextvars(request_id="request-of-a-page"):
        answer: AsyncResult[None] = note_request_id.delay(deeper=True)
    assert DONE.wait(20)
    assert SEEN == ["request-of-a-page", "request-of-a-page"]
    assert answer.id


def test_a_task_without_a_request_gets_an_id_of_its_own(worker: None) -> None:
    structlog.contextvars.clear_contextvars()
    note_request_id.delay(deeper=False)
    assert DONE.wait(20)
    assert SEEN[0] is not None
    assert len(SEEN[0]) == 32


def test_a_log_line_is_one_json_object_with_the_id_and_no_person(capsys: pytest.CaptureFixture[str]) -> None:
    from logging import config

    settings = logging_settings(level="INFO", form="json")
    formatter = config.DictConfigurator(settings).configure_formatter(settings["formatters"]["structured"])
    record = logging.LogRecord("lms.x", logging.INFO, __file__, 1, "学员 enrolled", None, None)
    with structlog.contextvars.bound_contextvars(request_id="r-12345678", mobile="13800138000", id_number="x"):
        line = formatter.format(record)
    told = json.loads(line)
    assert "\n" not in line
    assert told["event"] == "学员 enrolled"
    assert told["request_id"] == "r-12345678"
    assert (told["mobile"], told["id_number"]) == ("[removed]", "[removed]")
