from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PracticeConfig(AppConfig):
    name = "lms.practice"
    label = "practice"
    verbose_name = _("Practice")

    def ready(self) -> None:
        from lms.accounts.api import register_erasure, register_export
        from lms.practice.erasure import erase_when_due
        from lms.practice.exports import export_for

        register_export(section="practice", give=export_for)
        register_erasure(section="practice", when_due=erase_when_due)
