"""Settings that hold everywhere; the environment is read in `environment.py` only."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.config.logs import logging_settings
from lms.config.settings import packages
from lms.config.settings.environment import ROOT, database, read_environment

ENVIRONMENT = read_environment()

# --- identity -----------------------------------------------------------------
SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = False
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.trusted_origins)
SITE_URL = ENVIRONMENT.site_url
STATE_DIR = ENVIRONMENT.state_dir
DEMO = ENVIRONMENT.demo

# --- applications -------------------------------------------------------------
INSTALLED_APPS = [
    *packages.OUR_APPS,
    "lms.config",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "django_vite",
    "csp",
]
ROOT_URLCONF = "lms.config.urls"
ASGI_APPLICATION = "lms.config.asgi.application"
WSGI_APPLICATION = "lms.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["lms.accounts.backends.DoorBackend"]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/home/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

MIDDLEWARE = [
    "lms.config.requestid.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lms.accounts.middleware.RequestFactsMiddleware",
    "lms.accounts.middleware.BearerTokenMiddleware",
    "lms.accounts.middleware.RolesMiddleware",
    "lms.accounts.middleware.ConsentMiddleware",
    "lms.accounts.middleware.KeepChoicesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "lms.web.middleware.CleanAddressMiddleware",
    "lms.config.policy.ContentPolicyMiddleware",
    "lms.web.middleware.ProblemMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lms.portal.context.nav",
            ],
        },
    },
]

# --- database, cache, streams ---------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {"default": database(ENVIRONMENT)}
DATABASE_APP_ROLE = ENVIRONMENT.app_role  # migrations take rights on append-only tables from it
REDIS_URL = ENVIRONMENT.redis_url  # streams, broker, channel layer: fsync, no eviction
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": ENVIRONMENT.cache_url, "KEY_PREFIX": "zp"},
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}},
}
PLAYER_SHARDS = ENVIRONMENT.player_shards

# --- Celery -----------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "lms.player.tasks.*": {"queue": "settle"},
    "media.tasks.*": {"queue": "media"},
    "lms.archive.tasks.*": {"queue": "media"},  # long work beside long work
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 10, "socket_connect_timeout": 2}

# --- storage ------------------------------------------------------------------------
S3 = ENVIRONMENT.s3
MEDIA_ROOT = STATE_DIR / "uploads"
MEDIA_URL = "/uploads/"
STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.static_root
FRONTEND_DIST = ROOT / "frontend" / "dist"
STATICFILES_DIRS = [FRONTEND_DIST] if FRONTEND_DIST.exists() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": FRONTEND_DIST / ".vite" / "manifest.json"}}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# --- keys (bytes as hex; the current key is the first of a ring) -----------------------
FIELD_KEYS = ENVIRONMENT.keys.field
BLIND_INDEX_KEY = ENVIRONMENT.keys.blind_index
SIGNING_KEYS = ENVIRONMENT.keys.signing
PLAY_TOKEN_KEYS = ENVIRONMENT.keys.play_token

# --- messages --------------------------------------------------------------------------
SMS_CHANNEL = ENVIRONMENT.sms_channel
SMS_URL = ENVIRONMENT.sms_url
SMS_KEY = ENVIRONMENT.sms_key
MAIL_ON = ENVIRONMENT.mail is not None  # without a mail server nothing is queued for mail
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email_from
if ENVIRONMENT.mail is not None:
    EMAIL_HOST, EMAIL_PORT = ENVIRONMENT.mail.host, ENVIRONMENT.mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = ENVIRONMENT.mail.user, ENVIRONMENT.mail.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = ENVIRONMENT.mail.starttls, ENVIRONMENT.mail.tls
EMAIL_TIMEOUT = 10
PRESENCE_CAMERA = ENVIRONMENT.presence_camera
IDENTITY_ADAPTER = ENVIRONMENT.identity_adapter
IDENTITY_REGISTER = ENVIRONMENT.identity_register

# --- language and time --------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = sorted(path for path in (ROOT / "frontend" / "locale").glob("*") if path.is_dir())
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# --- Wagtail -------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "职培云"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAILADMIN_LOGIN_URL = WAGTAIL_FRONTEND_LOGIN_URL = LOGIN_URL
# Passwords and addresses are changed under "my data" only, where attempts are counted and devices signed out.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAILADMIN_PERMITTED_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "SEARCH_CONFIG": "simple"}}
TAGGIT_CASE_INSENSITIVE = True

# --- what packages hang into each other's pages, so that nothing is imported upwards -----------
COURSE_PAGE_CLASS_RUNS = "enrolment/course_classes.html"
COURSE_PAGE_CONTEXT = ["lms.enrolment.open_door.for_course_page"]
ROSTER_SAMPLE_URL = "/demo/roster.xlsx" if DEMO else ""

# --- HTTP API --------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 20,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "职培云 Zhipei Cloud",
    "DESCRIPTION": "Vocational training whose learning hours stand up to an auditor.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "OAS_VERSION": "3.1.1",
    "PREPROCESSING_HOOKS": ["lms.config.schema.only_our_api"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "lms.config.schema.add_package_endpoints",
    ],
}

# --- safety -----------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "lms.config.refusals.forged"
_STORAGE_ORIGIN = S3.public_endpoint
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", _STORAGE_ORIGIN],
        "media-src": ["'self'", "blob:", _STORAGE_ORIGIN],
        "connect-src": ["'self'", _STORAGE_ORIGIN],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LOGGING_CONFIG = "lms.config.logs.configure"
LOGGING = logging_settings(level=ENVIRONMENT.log_level, form=ENVIRONMENT.log_format)
