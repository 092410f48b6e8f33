from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "lms.appeals"
    label = "appeals"
    verbose_name = "Appeals"

    def ready(self) -> None:
        from lms.accounts.api import register_erasure, register_export
        from lms.appeals.erasure import erase_when_due
        from lms.appeals.exports import export_for

        register_export(section="appeals", give=export_for)
        register_erasure(section="appeals", when_due=erase_when_due)
