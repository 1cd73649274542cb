"""The numbers the company sets for leads (config/policies/leads.toml)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

POLICY = Path(__file__).resolve().parents[2] / "config" / "policies" / "leads.toml"
BOUNDS = {
    "deadline": {"hours": (1, 400), "remind_hours": (0, 400)},
    "returns": {"limit": (1, 20)},
    "pool": {"per_day": (1, 1000), "most_open": (1, 10_000), "recycle_days": (2, 3650), "warn_days": (1, 365)},
    "likeness": {"least_won": (5, 100_000), "smoothing": (1, 100)},
}


class WrongPolicy(ValueError):
    """The file cannot be used; the text says why, for the person who wrote it."""


@dataclass(frozen=True)
class Policy:
    """Hours are working hours, days are calendar days."""

    hours: int
    remind_hours: int
    limit: int
    per_day: int
    most_open: int
    recycle_days: int
    warn_days: int
    least_won: int
    smoothing: int


@cache
def policy() -> Policy:
    return read_policy(POLICY)


def read_policy(path: Path) -> Policy:
    """The numbers of a policy file. Refuses missing, unknown and absurd ones."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    values = {}
    for section, bounds in BOUNDS.items():
        written = raw.get(section, {})
        if unknown := written.keys() - bounds.keys():
            raise WrongPolicy(f"{path.name}：[{section}] 没有 {'、'.join(sorted(unknown))} 这一项。")
        for name, (least, most) in bounds.items():
            number = written.get(name)
            if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
                raise WrongPolicy(f"{path.name}：[{section}] 的 {name} 要写 {least} 到 {most} 的整数。")
            values[name] = number
    if values["remind_hours"] >= values["hours"] or values["warn_days"] >= values["recycle_days"]:
        raise WrongPolicy(f"{path.name}：提醒要早于时限。")
    return Policy(**values)
