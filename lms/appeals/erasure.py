"""What appeals hold about a person who is erased: words and papers go, entries, moves and sealed answers stay."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from lms.appeals.models import Appeal
from media.api import forget_paper


def erase_when_due(person_id: int, _now: datetime) -> None:
    """No words and no paper of the person are left; each seal still holds, for it covers a salted commitment."""
    for row in Appeal.objects.select_for_update().filter(learner_id=person_id):
        key = row.file_key
        row.words = row.onward = row.file_key = row.file_name = ""
        row.save(update_fields=["words", "onward", "file_key", "file_name"])
        if key:
            transaction.on_commit(partial(forget_paper, key=key))
