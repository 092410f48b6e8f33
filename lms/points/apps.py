from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PointsConfig(AppConfig):
    name = "lms.points"
    label = "points"
    verbose_name = _("Learning points")

    def ready(self) -> None:
        from lms.accounts.api import register_export
        from lms.points.exports import export_for

        register_export(section="learning_points", give=export_for)
