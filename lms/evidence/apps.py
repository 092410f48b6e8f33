from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "lms.evidence"
    label = "evidence"

    def ready(self) -> None:
        """A broken or doubled source stops the start-up, not the first learner who needs it."""
        from lms.evidence.registry import installed_sources

        installed_sources()
