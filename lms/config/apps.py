"""The composition root as a Django app: it makes our Celery app the default one everywhere."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "lms.config"
    label = "config"
    verbose_name = "Configuration"

    def ready(self) -> None:
        from lms.config import celery  # noqa: F401  `.delay()` in any process needs the app
