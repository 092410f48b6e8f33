from __future__ import annotations

from typing import NoReturn

from lms.accounts.identity.base import AdapterUnreachable, Question


class FailingAdapter:
    """A party that never answers, so that the failure is rehearsed: everybody keeps the level they have."""

    code = "failing"

    def match(self, question: Question) -> NoReturn:
        raise AdapterUnreachable(self.code)
