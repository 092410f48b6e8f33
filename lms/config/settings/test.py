"""Settings of the test run; `tests/lmsplugin.py` has started the engines and set the variables."""

from __future__ import annotations

from lms.config.settings.base import *  # noqa: F403
from lms.config.settings.base import DJANGO_VITE, FRONTEND_DIST

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MAIL_ON = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Pages can be tested before the front end has been built; browser tests build it first.
DJANGO_VITE["default"]["dev_mode"] = not (FRONTEND_DIST / ".vite" / "manifest.json").exists()
