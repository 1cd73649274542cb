"""How many rows a person may take out, and on what conditions (config/policies/exports.toml, AUD-03)."""

import os
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

DELIVERED = Path(__file__).resolve().parents[2] / "config" / "policies" / "exports.toml"
# a download at once is read whole into memory
LARGEST_DIRECT = 10_000


class WrongPolicy(ValueError):
    """The file cannot be used; the text says why, for the person who wrote it."""


@dataclass(frozen=True)
class Limits:
    """Numbers of rows; ``approval_rows`` of 0 means that nobody is asked."""

    direct_rows: int
    reason_rows: int
    approval_rows: int
    hour_rows: int
    day_rows: int
    file_rows: int

    @property
    def counted(self) -> int:
        """Up to where rows have to be counted: one more is too many in any case."""
        return max(self.file_rows, self.direct_rows) + 1

    def needs_reason(self, rows: int) -> bool:
        return rows > self.reason_rows

    def needs_approval(self, rows: int) -> bool:
        return bool(self.approval_rows) and rows > self.approval_rows

    def at_once(self, rows: int) -> bool:
        return rows <= self.direct_rows and not self.needs_approval(rows)

    def refusal(self, *, rows: int, last_hour: int, last_day: int) -> str:
        """Why so many rows may not go out, in a sentence; empty when they may."""
        if rows > self.file_rows:
            return f"这份列表超过每个文件 {self.file_rows:,} 行的上限。请用筛选缩小范围后再导出。"
        for taken, limit, time in ((last_hour, self.hour_rows, "一小时内"), (last_day, self.day_rows, "24 小时内")):
            if taken + rows > limit:
                return (
                    f"每人{time}最多导出 {limit:,} 行，您已导出 {taken:,} 行，这次 {rows:,} 行会超出。"
                    "请缩小范围，或过些时候再导出。"
                )
        return ""


def limits_for(roles: Collection[str]) -> Limits:
    """The limits of somebody in these roles: of several, the widest."""
    known = _policy()
    mine = [known[role] for role in roles if role in known] or [known["default"]]
    if len(mine) < len(set(roles)):
        mine.append(known["default"])
    return Limits(
        **{field.name: _widest(field.name, [getattr(one, field.name) for one in mine]) for field in fields(Limits)}
    )


def _widest(name: str, values: Iterable[int]) -> int:
    values = list(values)
    return 0 if name == "approval_rows" and 0 in values else max(values)


@cache
def _policy() -> dict[str, Limits]:
    return read_policy(Path(os.environ.get("KEQING_EXPORT_POLICY") or DELIVERED))


def read_policy(path: Path) -> dict[str, Limits]:
    """Limits by role, ``default`` among them. Refuses unknown names and numbers that are none."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    names = {field.name for field in fields(Limits)}
    if "default" not in raw or names - raw["default"].keys():
        raise WrongPolicy(f"{path.name}：[default] 要写全 {'、'.join(sorted(names))}。")
    made = {}
    for role, written in raw.items():
        for name, number in written.items():
            if name not in names or not isinstance(number, int) or isinstance(number, bool) or number < 0:
                raise WrongPolicy(f"{path.name}：[{role}] 的 {name} = {number!r} 不能用。")
        values = {**raw["default"], **written}
        made[role] = Limits(**{**values, "direct_rows": min(values["direct_rows"], LARGEST_DIRECT)})
    return made
