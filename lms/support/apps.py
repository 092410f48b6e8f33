from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "lms.support"
    label = "support"
    verbose_name = "Support"

    def ready(self) -> None:
        from lms.accounts.api import register_erasure, register_export
        from lms.support.erasure import erase_at_once, erase_when_due
        from lms.support.tickets import export_for

        register_export(section="questions", give=export_for)
        register_erasure(section="support", at_once=erase_at_once, when_due=erase_when_due)
