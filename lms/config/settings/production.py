"""Production: every secret and address comes from the environment; nothing has a default."""

from __future__ import annotations

from lms.config.settings.base import *  # noqa: F403
from lms.config.settings.base import ENVIRONMENT

DEBUG = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = ENVIRONMENT.behind_https
CSRF_COOKIE_SECURE = ENVIRONMENT.behind_https
LANGUAGE_COOKIE_SECURE = ENVIRONMENT.behind_https
SECURE_SSL_REDIRECT = ENVIRONMENT.behind_https
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.behind_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENVIRONMENT.behind_https
