from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "lms.oversight"
    label = "oversight"

    def ready(self) -> None:
        from lms.accounts.api import register_erasure
        from lms.oversight.erasure import erase_when_due

        register_erasure(section="oversight", when_due=erase_when_due)
