"""The embedded default: real engines on this machine, plain HTTP, helpful errors.

The supervisor sets every variable; a bare `python manage.py …` reads what it left in STATE_DIR.
"""

from __future__ import annotations

from lms.config.engines.left_behind import load_left_environment

load_left_environment()

from lms.config.settings.base import *  # noqa: F403

DEBUG = False
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
MAIL_ON = True
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
