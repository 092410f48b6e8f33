from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssessmentConfig(AppConfig):
    name = "lms.assessment"
    label = "assessment"
    verbose_name = _("Exams")

    def ready(self) -> None:
        from lms.accounts.api import register_erasure, register_export
        from lms.assessment.erasure import erase_when_due
        from lms.assessment.exports import export_for

        register_export(section="assessment", give=export_for)
        register_erasure(section="assessment", when_due=erase_when_due)
