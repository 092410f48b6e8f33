from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "lms.notices"
    label = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        from lms.notices import checks  # noqa: F401  registers the system check
