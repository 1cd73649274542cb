"""Reads typed values from the environment; a wrong one is said in a Chinese sentence."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# terms that wait for the search index are read by every search; imports allow more while they write (keqing.kit.searchable)
SHORT_LISTS = "-c gin_pending_list_limit=128kB"


class DatabaseUrlError(ValueError):
    """DATABASE_URL cannot be used; the text says why, for the person who set it."""


def flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def secret_key(var: Path) -> str:
    """The installation's secret: from SECRET_KEY, else made once and kept in var/."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = var / "secret_key"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


def database_from_url(url: str, var: Path) -> dict[str, Any]:
    """Django's settings for ``url``; without one, the embedded server's socket (see keqing.kit.postgres).

    Refuses anything but PostgreSQL, and a URL without a database name.
    """
    url = url or embedded_url(var)
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise DatabaseUrlError(f"DATABASE_URL 的协议是“{parts.scheme or '空'}”，客情只支持 postgresql://。")
    options = dict(parse_qsl(parts.query))
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise DatabaseUrlError("DATABASE_URL 没有写数据库名，例如 postgresql://用户:密码@主机:5432/keqing。")
    try:
        port = parts.port
    except ValueError:
        raise DatabaseUrlError("DATABASE_URL 的端口不是数字。") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        # a page waits no longer than this for a database that is away (T17)
        "OPTIONS": {
            "application_name": "keqing", "connect_timeout": "2", **options,
            "options": f"{SHORT_LISTS} {options.get('options', '')}".rstrip(),
        },
    }


def embedded_url(var: Path) -> str:
    """Address of the embedded server: written by ``keqing.kit.postgres`` when it starts."""
    path = var / "postgres.url"
    if path.exists():
        return path.read_text().strip()
    return "postgresql://keqing@127.0.0.1:54329/keqing"
