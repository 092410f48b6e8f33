from django.apps import AppConfig


class CompletionConfig(AppConfig):
    name = "lms.completion"
    label = "completion"

    def ready(self) -> None:
        from lms.accounts.api import register_erasure, register_export
        from lms.completion.erasure import erase_when_due
        from lms.completion.exports import export_for

        register_export(section="records", give=export_for)
        register_erasure(section="completion", when_due=erase_when_due)
