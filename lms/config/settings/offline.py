"""For commands that need neither engine nor database nor secret: they read files and print."""

from __future__ import annotations

SECRET_KEY = "offline: nothing is signed here"  # noqa: S105  no secret: these commands sign nothing
INSTALLED_APPS = ["lms.db", "lms.subsidy"]
DATABASES: dict[str, dict[str, str]] = {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_I18N = False
