"""What each case should cost, and what the same request costs in other products on a machine of this kind.

Peers: p50 in ms and requests per second with 8 clients, on the small data, with their recommended servers. Their
answers are JSON for a front end that still has to draw; ours is the finished page.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Milliseconds, requests per second and statements; None: no target."""

    title: str
    p50: float | None = None
    p95: float | None = None
    rps: float | None = None
    statements: float | None = None
    peers: tuple[tuple[str, str], ...] = ()
    bare_sql: str = "–"
    # how much dearer the large data may make it
    growth: float | None = None


PEERS = ("Odoo 18", "EspoCRM 8.4", "Frappe CRM", "django-crm", "BottleCRM")


def _peers(*figures: str) -> tuple[tuple[str, str], ...]:
    return tuple(zip(PEERS, figures, strict=True))


TARGETS = {
    "i": Target(
        "customer list, first page of 50 by latest activity", 20, 35, 90, 10,
        _peers("66 (21)", "59 (23)", "238 (8)", "335 (3)", "3,650 (0.4)"), "0.08", 1.3,
    ),
    "ii": Target(
        "the list filtered by owner and status", 17, 30, 107, 10,
        _peers("24 (80)", "21 (82)", "77 (19)", "385 (4)", "2,564 (0.8)"), "0.05", 1.3,
    ),
    "iii": Target(
        "customers whose name contains two Chinese characters", 20, 35, 90, 10,
        _peers("142 (9)", "79 (18)", "50, one column (34)", "366 (3)", "2,719 (0.6)"), "1.4", 1.5,
    ),
    "iv": Target(
        "customer page: header, people, first 20 entries, one request", 23, 45, 96, 12,
        _peers("52 in 3 calls (48)", "88 in 4 calls (16)", "60 in 2 calls (23)", "239 (5)", "177 (8)"), "0.09", 1.3,
    ),
    "v": Target(
        "record a contact: rights, audit, timeline, next reminder", 12, 25, 125, 12,
        _peers("12.8 note, 5.9 activity (125, 329)", "36 (38)", "10 (134)", "17 (88)", "47 (24)"), "0.14", 1.5,
    ),
    "vi-24": Target(
        "contacts by owner and month, 24 months", 60, None, 30, 6,
        _peers("1,601 (0.8)", "–", "3,704, by owner only", "1,718", "–"), "3.5", 4,
    ),
    "vi-3": Target("contacts by owner and month, 3 months", 30, None, 30, 6, _peers("350", "–", "–", "–", "–"), "–", 4),
    "vii-csv": Target(
        "10,000 customers to CSV", 200, None, None, 10, _peers("905", "352", "200", "–", "–"), "10",
    ),
    "vii-xlsx": Target("10,000 customers to xlsx", 800, None, None, 10, _peers("1,574", "1,610", "–", "11,150", "–")),
    "viii": Target(
        "import of 10,000 new customers with duplicate check", 5000, None, None, 500,
        _peers("48,000", "85,000", "33,000", "–", "–"), "154",
    ),
    "today": Target("today page (今日): what is due, promised, planned; for managers the team as well", None, 150),
    "palette": Target("global search (palette)", None, 250, None, None),
    "deep": Target("page 10,000 of the list (the last page where there are fewer)", None, None, None, 10),
}

MEMORY_MB = 240
EXPORT_SECONDS, EXPORT_MB, EXPORT_ROWS = 20, 300, 100_000
HOSPITALS_SECONDS, HOSPITALS_MB = 20, 300
NIGHT_SECONDS = 600  # for a million customers
FIRST_VISIT_KB, CSS_KB, JS_KB = 150, 25, 60
DEEP_FACTOR = 1.5
