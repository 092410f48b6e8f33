"""Our packages, written out: what is not named here is not there (`tests/config/test_packages.py` compares)."""

from __future__ import annotations

# From the foundations upwards; `.importlinter` holds the same order as a contract.
OUR_APPS = (
    "lms.db",
    "lms.web",
    "lms.notices",
    "lms.accounts",
    "lms.support",
    "media",
    "courses",
    "lms.hours",
    "lms.points",
    "lms.enrolment",
    "lms.evidence",
    "lms.ledger",
    "lms.player",
    "lms.practice",
    "lms.assessment",
    "lms.completion",
    "lms.subsidy",
    "lms.claims",
    "lms.appeals",
    "lms.archive",
    "lms.oversight",
    "lms.flow",
    "lms.portal",
    "lms.demo",
)
# Packages with addresses of their own, included at the root in this order.
URLS = (
    "lms.notices.urls",
    "lms.accounts.urls",
    "lms.support.urls",
    "media.urls",
    "courses.urls",
    "lms.points.urls",
    "lms.enrolment.urls",
    "lms.evidence.urls",
    "lms.ledger.urls",
    "lms.player.urls",
    "lms.practice.urls",
    "lms.assessment.urls",
    "lms.completion.urls",
    "lms.subsidy.urls",
    "lms.claims.urls",
    "lms.appeals.urls",
    "lms.oversight.urls",
    "lms.archive.urls",
    "lms.portal.urls",
    "lms.demo.urls",
)
# Packages whose endpoints are not REST framework views and describe themselves (`PATHS`, `SCHEMAS`).
OPENAPI = (
    "lms.accounts.openapi",
    "media.openapi",
    "lms.evidence.openapi",
    "lms.ledger.openapi",
    "lms.player.openapi",
    "lms.completion.openapi",
    "lms.subsidy.openapi",
    "lms.portal.openapi",
)
# What answers heartbeats before Django does: an ASGI `app`, with coroutines `startup()` and `shutdown()` beside it.
FRONT = "lms.player.front"
