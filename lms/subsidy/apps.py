from django.apps import AppConfig, apps


class SubsidyConfig(AppConfig):
    name = "lms.subsidy"
    label = "subsidy"

    def ready(self) -> None:
        if not apps.is_installed("lms.accounts"):  # commands that only read pack files run without people
            return
        from lms.accounts.api import register_erasure, register_export
        from lms.subsidy.erasure import erase_when_due
        from lms.subsidy.exports import export_for

        register_export(section="subsidy_decisions", give=export_for)
        register_erasure(section="subsidy", when_due=erase_when_due)
