from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "lms.support"
    label = "support"
    verbose_name = "Support"

    def ready(self) -> None:
        from lms.accounts.api import register_export
        from lms.support.tickets import export_for

        register_export(section="questions", give=export_for)
