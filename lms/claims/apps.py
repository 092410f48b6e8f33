from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "lms.claims"
    label = "claims"

    def ready(self) -> None:
        from lms.accounts.api import register_erasure, register_export
        from lms.claims.erasure import erase_when_due, keep
        from lms.claims.exports import export_for

        register_export(section="claims", give=export_for)
        register_erasure(section="claims", keep=keep, when_due=erase_when_due)
