"""`python -m lms.config.engines.origins`: the bucket answers exactly our pages (set-up of a production server)."""

from __future__ import annotations

import sys
import time

from lms.config.engines import s3
from lms.config.engines.progress import say
from lms.config.engines.sigv4 import Bucket
from lms.config.settings.environment import read_environment

_PATIENCE_S = 60.0


def main() -> int:
    environment = read_environment()
    place = environment.s3
    bucket = Bucket(
        endpoint=place.endpoint,
        name=place.bucket,
        access_key=place.access_key,
        secret_key=place.secret_key,
        region=place.region,
    )
    deadline = time.monotonic() + _PATIENCE_S
    while not s3.serves(bucket):
        if time.monotonic() > deadline:
            say(f"{place.endpoint} does not serve bucket {place.bucket}: check S3_ENDPOINT, S3_BUCKET and the keys.")
            return 1
        time.sleep(0.5)
    s3.allow_origins(bucket, environment.trusted_origins)
    say(f"bucket {place.bucket} answers {', '.join(environment.trusted_origins)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
