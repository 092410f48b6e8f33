# One image for web, front, workers and beat; docker-compose.yml says which is which.
FROM node:24-bookworm-slim AS frontend
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
COPY lms ../lms
COPY courses ../courses
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
RUN pip install --no-cache-dir uv==0.13.9
COPY requirements.lock /
RUN uv venv /venv && uv pip install --python /venv/bin/python --compile-bytecode --require-hashes -r /requirements.lock

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --uid 10001 zhipei \
    && install -d -o zhipei /state
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY lms lms
COPY courses courses
COPY media media
COPY docs/verifier docs/verifier
COPY frontend/templates frontend/templates
COPY frontend/locale frontend/locale
COPY --from=frontend /src/frontend/dist frontend/dist
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 STATE_DIR=/state STATIC_ROOT=/app/static DJANGO_SETTINGS_MODULE=lms.config.settings.production
RUN python -m lms.config.translations \
    && DJANGO_SETTINGS_MODULE=lms.config.settings.types \
       python manage.py collectstatic --noinput --verbosity 0
USER zhipei
EXPOSE 8000
CMD ["gunicorn", "lms.config.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "3", "--threads", "8"]
