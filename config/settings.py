"""Settings of a Keqing installation. Everything a company may change comes from the environment."""

import os
import tomllib
from pathlib import Path

from config.environment import DatabaseUrlError, database_from_url, flag, secret_key
from config.outward import OutwardError, outward_from

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("KEQING_VAR", ROOT / "var"))
TESTING = flag("KEQING_TESTING")
DEBUG = flag("KEQING_DEBUG")
SECRET_KEY = secret_key(VAR)
ALLOWED_HOSTS = os.environ.get("KEQING_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_FAILURE_VIEW = "keqing.kit.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("KEQING_ORIGINS", "").split(",") if o]
HTTPS = flag("KEQING_HTTPS")
try:  # what the suite talks to, the suite says
    OUTWARD = outward_from({} if TESTING else os.environ, address=(CSRF_TRUSTED_ORIGINS or [""])[0])
except OutwardError as error:
    raise SystemExit(str(error)) from None

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "keqing.kit",
    "keqing.reference",
    "keqing.audit",
    "keqing.access",
    "keqing.compliance",
    "keqing.messaging",
    "keqing.batches",
    "keqing.exports",
    "keqing.interchange",
    "keqing.timeline",
    "keqing.people",
    "keqing.followups",
    "keqing.lifecycle",
    "keqing.leads",
    "keqing.playbooks",
    "keqing.service",
    "keqing.news",
    "keqing.insight",
    "keqing.desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "keqing.kit.middleware.PackedPages",
    "keqing.kit.middleware.ContentSecurityPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "keqing.kit.middleware.WithoutNulls",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "keqing.access.middleware.StaffMiddleware",
    "keqing.desk.starts.StartWithView",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

_LOADERS = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            # decision 22: loaders written out, else components print raw without an error
            "loaders": [("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", _LOADERS)])],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "keqing.kit.templatetags.kit",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "keqing.access.context.staff",
                "keqing.desk.context.shell",
            ],
        },
    }
]
COTTON_DIR = "cotton"

try:
    DATABASES = {"default": database_from_url(os.environ.get("DATABASE_URL", ""), VAR)}
except DatabaseUrlError as error:
    raise SystemExit(str(error)) from None

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache" if TESTING else "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entry",
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.Staff"
AUTHENTICATION_BACKENDS = ["keqing.access.backends.StaffBackend"]
LOGIN_URL = "access:sign_in"
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ["login_name", "name"]}},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db" if not TESTING else "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 30 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True  # pages carry the token themselves
if HTTPS:  # the browser then ties the cookies to this host and to https (T49)
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 86400 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
FISCAL_YEAR_STARTS = int(os.environ.get("KEQING_FISCAL_MONTH", "1"))  # the month, 1 … 12
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [d for d in [ROOT / "static" / "dist"] if d.exists()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(VAR / "files")}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_MAX_AGE = 365 * 86400 if not DEBUG else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# uploads hold customers' data: other accounts of the machine have no business there
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700

ROLES = tomllib.loads((ROOT / "config" / "roles.toml").read_text(encoding="utf-8"))
# measuring opens more cards than any person may
CARDS_PER_HOUR = int(
    os.environ.get("KEQING_CARDS_PER_HOUR")
    or tomllib.loads((ROOT / "config" / "policies" / "exfiltration.toml").read_text(encoding="utf-8"))["cards"]["per_hour"]
)
PROCRASTINATE_ON_APP_READY = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"mask": {"()": "keqing.kit.masks.LogMask"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["mask"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
