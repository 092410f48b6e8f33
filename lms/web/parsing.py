"""From bytes and query strings to typed values. What does not fit is refused in words, never with a 500."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from lms.web.data import ClientFacts, PageOfItems
from lms.web.problems import BadRequest

Struct = TypeVar("Struct", bound=msgspec.Struct)
Item = TypeVar("Item")
_LARGEST_BODY = 1_000_000


def parse_json(request: HttpRequest, struct: type[Struct]) -> Struct:
    """The request's JSON body as `struct` (declare it with forbid_unknown_fields=True). Raises BadRequest."""
    body = request.body
    if len(body) > _LARGEST_BODY:
        raise BadRequest(_("The request is larger than 1 MB."), code="too_large")
    try:
        return msgspec.json.decode(body, type=struct)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(_("The request can't be read: %(reason)s") % {"reason": str(error)}) from error


def paginate(request: HttpRequest, items: QuerySet[Any] | Sequence[Item], *, per_page: int = 20) -> PageOfItems[Any]:
    """The page of `items` that ?page= names; anything that is no page number means the first or the last."""
    page = Paginator(items, per_page).get_page(request.GET.get("page"))
    return PageOfItems(
        items=list(page.object_list),
        number=page.number,
        pages=page.paginator.num_pages,
        total=page.paginator.count,
        per_page=per_page,
    )


def client_facts(request: HttpRequest) -> ClientFacts:
    """Address and user agent of the caller. Behind a proxy the server in front must set REMOTE_ADDR."""
    return ClientFacts(
        ip=str(request.META.get("REMOTE_ADDR") or "")[:45], user_agent=request.headers.get("User-Agent", "")[:300]
    )
