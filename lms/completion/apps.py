from django.apps import AppConfig


class CompletionConfig(AppConfig):
    name = "lms.completion"
    label = "completion"

    def ready(self) -> None:
        from lms.accounts.api import register_export
        from lms.completion.exports import export_for

        register_export(section="records", give=export_for)
