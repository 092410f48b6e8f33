"""Management commands with the test settings: `python -m tests.manage makemigrations …`."""

import os
import sys

from tests.engines import TestEngines

if __name__ == "__main__":
    engines = TestEngines()
    os.environ.update(engines.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms.config.settings.test"
    from django.core.management import execute_from_command_line

    if sys.argv[1:2] != ["makemigrations"]:
        engines.need("postgres")
    execute_from_command_line(sys.argv)
