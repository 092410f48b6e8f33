from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "lms.claims"
    label = "claims"

    def ready(self) -> None:
        from lms.accounts.api import register_export
        from lms.claims.exports import export_for

        register_export(section="claims", give=export_for)
