"""Django settings, derived from `config`. Operators set `SHANHUO_…`, never this file."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

from shanhuo.config import config

_config = config()
BASE_DIR = Path(__file__).resolve().parent
DATA_DIR = _config.data_dir.resolve()
MEDIA_DIR = DATA_DIR / "media"
PRIVATE_DIR = DATA_DIR / "private"
SIGNALS_DIR = DATA_DIR / "signals"
RANKER_DIR = DATA_DIR / "ranker"
RANKER_WEIGHTS = _config.ranker_weights
SUPPORTED_MOST = _config.supported_most

SECRET_KEY = _config.secret_key.get_secret_value()
FIELD_KEYS = _config.field_keys
HASH_KEY = _config.hash_key.get_secret_value() or FIELD_KEYS[-1]
DEBUG = _config.debug
DEMO = _config.demo
ALLOWED_HOSTS = _config.allowed_hosts
PUBLIC_ORIGIN = _config.public_origin
PROXY_COUNT = _config.proxy_count
RTMP_HOST = _config.rtmp_host
RTMP_PORT = _config.rtmp_port
RTMP_RELAY_SECRET = _config.rtmp_relay_secret.get_secret_value()
# Only with a secret: without one nobody stands between encoders and the studio.
RTMP_RELAYS = frozenset(_config.rtmp_relays if RTMP_RELAY_SECRET else ())
ROOMS_PORT = _config.rooms_port or (urlparse(PUBLIC_ORIGIN).port or 8000) + 2
ROOMS_URL = _config.rooms_url
ROOMS_SOCKETS_PER_ADDRESS = _config.rooms_sockets_per_address
REDIS_URL = _config.redis_url
JOB_LEASE_SECONDS = _config.job_lease_seconds

PLATFORM_FEE_BASIS_POINTS = _config.platform_fee_basis_points
SMS_COUNTRIES = _config.sms_countries
SMS_DAILY_CAP = _config.sms_daily_cap
SMS: dict[str, str] = {
    "backend": _config.sms_backend,
    "key_id": _config.sms_key_id,
    "key_secret": _config.sms_key_secret.get_secret_value(),
    "app_id": _config.sms_app_id,
    "sign_name": _config.sms_sign_name,
    "template": _config.sms_template,
    "endpoint": _config.sms_endpoint,
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_tasks",
    "ninja",
    "shanhuo.kernel",
    "shanhuo.regions",
    "shanhuo.people",
    "shanhuo.goods",
    "shanhuo.orders",
    "shanhuo.content",
    "shanhuo.live",
    "shanhuo.traffic",
    "shanhuo.impact",
    "shanhuo.web",
    "shanhuo.api",
    "shanhuo.console",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages are read at 400 kbit/s; Django pads the answer at random, which defeats BREACH.
    "shanhuo.web.middleware.PackingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "shanhuo.api.middleware.ApiDoorMiddleware",
    "shanhuo.web.middleware.NulMiddleware",
    "shanhuo.web.middleware.ShellMiddleware",
    "shanhuo.web.viewers.ViewerMiddleware",
    "shanhuo.web.middleware.AccessMiddleware",
    "shanhuo.web.middleware.RefusalMiddleware",
]

# Who may call what, one table per face; `web.middleware` enforces them together, failing closed.
ACCESS_TABLES = [
    "shanhuo.web.access.TABLE",
    "shanhuo.api.access.TABLE",
    "shanhuo.realtime.access.TABLE",
]

ROOT_URLCONF = "shanhuo.urls"
WSGI_APPLICATION = "shanhuo.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.User"
# People sign in with a phone code; there is neither an e-mail address nor a user name.
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
LOGIN_URL = "account:sign_in"
LOGIN_REDIRECT_URL = "site:me"
ACCOUNT_ADAPTER = "shanhuo.web.account.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
AUTHENTICATION_BACKENDS = [
    "shanhuo.people.backends.PasswordBackend",
    "shanhuo.people.backends.CodeBackend",
]
SESSION_ENGINE = "shanhuo.people.sessions"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.media",
                "shanhuo.web.shell.context",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "shanhuo.web.templatetags.shanhuo",
            ],
        },
    },
]


def _database(url: str) -> dict[str, object]:
    """SQLite in the data directory, or the PostgreSQL that `url` names."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "shanhuo.sqlite3",
            # A file, not memory: tests with threads need real locks.
            "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
            "OPTIONS": {
                "timeout": 20,
                # A read that later writes would fail under load; the write lock taken first waits.
                "transaction_mode": "IMMEDIATE",
                # FULL: an acknowledged payment survives a power cut; NORMAL may lose the last ones.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    parts = urlparse(url)
    socket_folder = parse_qs(parts.query).get("host", [""])[0]
    return {
        "ENGINE": "shanhuo.kernel.postgres",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or socket_folder,
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(_config.database_url)}

TASKS = {"default": {"BACKEND": "shanhuo.kernel.jobs.LeaseBackend", "QUEUES": []}}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = sorted(BASE_DIR.glob("web/locale/*"))
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "shanhuo.web.assets.HashedFiles"},
}
# Source maps are for developers; compressing them would cost seconds at every start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["jpg", "png", "webp", "mp4", "gz", "br", "map"]
MEDIA_URL = "/media/"
MEDIA_ROOT = MEDIA_DIR

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
WHITENOISE_USE_FINDERS = DEBUG
CSRF_FAILURE_VIEW = "shanhuo.web.refusals.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_ORIGIN.startswith("https://")
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SESSION_COOKIE_SECURE else 0
# The proxy in front redirects to https (W008); other hosts of the domain are not ours to bind
# (W005, W021).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # blob: is the preview of a photo that was chosen and not sent yet.
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
