from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrolmentConfig(AppConfig):
    name = "lms.enrolment"
    label = "enrolment"
    verbose_name = _("Classes and enrolment")

    def ready(self) -> None:
        from lms.accounts.api import register_erasure, register_export
        from lms.enrolment.erasure import erase_at_once, erase_when_due, keep
        from lms.enrolment.exports import export_for

        register_export(section="enrolments", give=export_for)
        register_erasure(section="enrolment", keep=keep, at_once=erase_at_once, when_due=erase_when_due)
