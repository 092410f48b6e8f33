"""Who did what, for the record. The middleware leaves the request's id and address here for the length of a request."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime

from lms.accounts.models import AuditEvent

request_id_now: ContextVar[str] = ContextVar("accounts_request_id", default="")
ip_now: ContextVar[str] = ContextVar("accounts_ip", default="")


def record_audit(
    *,
    actor_id: int | None,
    action: str,
    object_kind: str,
    object_id: int | str,
    now: datetime,
    purpose: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """The audit log holds one more event. `detail` must hold no number, address or name in clear."""
    AuditEvent(
        actor_id=actor_id,
        action=action,
        object_kind=object_kind,
        object_id=str(object_id),
        purpose=purpose[:200],
        detail=dict(detail or {}),
        request_id=request_id_now.get()[:64],
        ip=ip_now.get()[:45],
        at=now,
    ).save()
