from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "lms.ledger"
    label = "ledger"
