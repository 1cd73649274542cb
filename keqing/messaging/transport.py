"""What every way out shares: a letter, and how it can fail."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message as one channel says it. ``id`` stays the same when it is tried again."""

    id: str
    title: str
    text: str
    link: str = ""
    name: str = ""
    email: str = ""
    mobile: str = ""
    wecom_user: str = ""
    mentioned: list[str] = field(default_factory=list)


class DeliveryFailed(Exception):
    """It did not go; the text stands in the delivery log.

    ``permanent``: trying again cannot help. ``away``: the service does not work for any letter now.
    """

    def __init__(self, text: str, *, permanent: bool = False, away: bool = False) -> None:
        super().__init__(text)
        self.permanent, self.away = permanent, away


def cut(text: str, size: int) -> str:
    """As much of a text as fits into ``size`` bytes of UTF-8, with … where something is missing."""
    if len(text.encode()) <= size:
        return text
    return text.encode()[: size - 3].decode(errors="ignore") + "…"
