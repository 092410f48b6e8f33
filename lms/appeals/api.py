"""The door of appeals: a learner's word against a refused stretch, and the answers to it."""

from lms.appeals.answering import answer_appeal, sweep_overdue
from lms.appeals.lodging import appeal_against, appeal_until, appealable, go_on, lodge_appeal
from lms.appeals.reading import (
    appeal_of,
    appeals_of,
    file_of,
    get_appeal,
    queue_facts,
    queue_of,
    states_of,
    waiting_count,
)
from lms.appeals.sealing import bad_answers

__all__ = [
    "answer_appeal",
    "appeal_against",
    "appeal_of",
    "appeal_until",
    "appealable",
    "appeals_of",
    "bad_answers",
    "file_of",
    "get_appeal",
    "go_on",
    "lodge_appeal",
    "queue_facts",
    "queue_of",
    "states_of",
    "sweep_overdue",
    "waiting_count",
]
