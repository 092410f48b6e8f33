"""What every page of enrolment does with refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse

from lms.enrolment.data import NotYours, Refused
from lms.enrolment.texts import explain

View = Callable[..., HttpResponse]


def own_business(view: View) -> View:
    """What is nobody's or somebody else's business answers 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotYours as error:
            raise Http404 from error

    return guarded


def say_refused(request: HttpRequest, error: Refused) -> None:
    """The next page shows every rule that stood in the way and what to do."""
    for refusal in error.refusals:
        words = explain(refusal)
        messages.error(request, " ".join(part for part in (words.rule, words.text, words.fix) if part))
