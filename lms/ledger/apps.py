from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "lms.ledger"
    label = "ledger"

    def ready(self) -> None:
        from lms.accounts.api import register_export
        from lms.ledger.exports import export_for

        register_export(section="learning", give=export_for)
