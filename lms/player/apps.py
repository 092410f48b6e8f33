from django.apps import AppConfig


class PlayerConfig(AppConfig):
    name = "lms.player"
    label = "player"

    def ready(self) -> None:
        from lms.accounts.api import register_erasure
        from lms.player.erasure import erase_when_due

        register_erasure(section="player", when_due=erase_when_due)
