"""Answers under seal: each is chained to the one before it and signed, and verification finds what was changed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import connection

from lms.appeals.data import AppealState, Step
from lms.appeals.models import Answer, Appeal
from lms.db.api import Signature, require_transaction, sign, verify
from lms.lib.canonical import digest

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('appeals_answer'))"
_ANSWERED = {AppealState.ANSWERED, AppealState.UPHELD, AppealState.REFUSED}


def seal_answer(*, appeal: Appeal, step: Step, upheld: bool, reason: str, author_id: int, now: datetime) -> Answer:
    """The answer stands for ever: after the last one of all appeals, bound to the words that it answers."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
    last = Answer.objects.order_by("number").last()
    salt = secrets.token_hex(32)
    answer = Answer(
        appeal=appeal,
        number=last.number + 1 if last else 1,
        step=step.value,
        upheld=upheld,
        reason=reason,
        author_id=author_id,
        at=now,
        salt=salt,
        commitment=_commitment(appeal, step, salt),
        prev_hash=last.answer_hash if last else "",
    )
    answer.answer_hash = _hash(answer)
    signature = sign(answer.answer_hash.encode())
    answer.key_id, answer.signature = signature.key_id, signature.value
    answer.save()
    return answer


def bad_answers() -> Iterator[str]:
    """What is wrong with the chain of answers, in words, first things first."""
    before = ""
    answered: set[int] = set()
    rows = Answer.objects.select_related("appeal").order_by("number")
    for expected, answer in enumerate(rows.iterator(chunk_size=2_000), start=1):
        if answer.number != expected:
            yield f"answer {expected} is gone"
            return
        if answer.prev_hash != before:
            yield f"answer {expected} does not follow from the one before"
        if _hash(answer) != answer.answer_hash:
            yield f"answer {expected}: its content does not give its hash"
        elif not verify(answer.answer_hash.encode(), Signature(key_id=answer.key_id, value=answer.signature)):
            yield f"answer {expected}: its signature does not hold"
        elif answer.appeal.words and answer.commitment != _commitment(answer.appeal, Step(answer.step), answer.salt):
            yield f"answer {expected}: the words that it answers were changed"
        before = answer.answer_hash
        answered.add(answer.appeal_id)
    silent = Appeal.objects.filter(state__in=_ANSWERED).exclude(pk__in=answered).order_by("pk").first()
    if silent is not None:
        yield f"appeal {silent.pk} is {silent.state}, its answer is gone"


def _commitment(appeal: Appeal, step: Step, salt: str) -> str:
    """Over what the answer answers: what is said to the authority was not yet said to the provider."""
    onward = appeal.onward if step is Step.AUTHORITY else ""
    return digest({"file": appeal.file_digest, "onward": onward, "salt": salt, "words": appeal.words})


def _hash(answer: Answer) -> str:
    """Over what was asked and what was said; the disputed entry is named by its own hash in the ledger."""
    appeal = answer.appeal
    return digest(
        {
            "appeal": appeal.pk,
            "at": answer.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "author": answer.author_id,
            "commitment": answer.commitment,
            "entry": appeal.entry_hash,
            "learner": appeal.learner_id,
            "number": answer.number,
            "prev": answer.prev_hash,
            "reason": answer.reason,
            "step": answer.step,
            "upheld": answer.upheld,
        }
    )
