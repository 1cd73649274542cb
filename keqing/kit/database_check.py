"""Tells a company, in one sentence, why the database it named cannot serve."""

from urllib.parse import urlsplit

import psycopg

from keqing.kit.postgres import PostgresError

OLDEST_MAJOR = 15


def check_address(url: str) -> None:
    """Refuse, in one sentence, an address that cannot serve: unreachable, wrong, or too old."""
    where = _without_password(url)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            major = connection.info.server_version // 10000
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise PostgresError(f"连不上 DATABASE_URL 指向的数据库（{where}）：{_reason(str(error))}") from None
    if major < OLDEST_MAJOR:
        raise PostgresError(f"数据库（{where}）是 PostgreSQL {major}，客情需要 {OLDEST_MAJOR} 或更高版本。")


def _reason(message: str) -> str:
    """The Chinese reason behind libpq's message; the message itself when it is none of the usual ones."""
    known = {
        "password authentication failed": "用户名或密码不对。",
        "no password supplied": "没有写密码。",
        "does not exist": "数据库或用户不存在。",
        "Connection refused": "那里没有数据库在运行。",
        "could not translate host name": "主机名无法解析。",
        "Name or service not known": "主机名无法解析。",
        "failed to resolve host": "主机名无法解析。",
        "timeout": "超时没有回应。",
    }
    return next((text for sign, text in known.items() if sign in message), message.strip().splitlines()[-1])


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or '本机'}:{parts.port or 5432}{parts.path}"
