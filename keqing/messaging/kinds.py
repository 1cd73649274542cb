"""What the company writes to its people about. Departments register theirs in ``apps.py``."""

from collections.abc import Sequence
from dataclasses import dataclass

from keqing.messaging.channels import Channel


@dataclass(frozen=True, kw_only=True)
class MessageKind:
    """``urgent`` passes quiet hours; ``digest`` gathers into one message per person and day.

    ``personal`` is never said in a group. A group reads what a message says only when its kind names no customer
    (``open_in_groups``); of any other it reads the kind's label and the link, which opens only for who may see it.
    """

    key: str
    label: str
    channels: tuple[str, ...]
    urgent: bool = False
    digest: bool = False
    personal: bool = False
    open_in_groups: bool = False

    @property
    def for_groups(self) -> bool:
        return not (self.personal or self.digest)


_kinds: dict[str, MessageKind] = {}


def register(
    *, key: str, label: str, channels: Sequence[str] = (Channel.APP,), urgent: bool = False, digest: bool = False,
    personal: bool = False, open_in_groups: bool = False,
) -> None:
    """Make a kind known. ``channels`` are the standard ones; 站内 is always among them.

    What a group's robot says is chosen by the administrator, not here.
    """
    if Channel.ROBOT in channels:
        raise ValueError(f"{key}: which groups hear of it is the administrator's choice")
    if urgent and digest:
        raise ValueError(f"{key}: an urgent message cannot wait for the digest")
    wanted = tuple(Channel(one).value for one in dict.fromkeys((Channel.APP, *channels)))
    _kinds[key] = MessageKind(
        key=key, label=label, channels=wanted, urgent=urgent, digest=digest, personal=personal, open_in_groups=open_in_groups
    )


def kind_of(key: str) -> MessageKind:
    """The kind of this key; a message of a kind nobody registered is a mistake in the program."""
    return _kinds[key]


def label_of(key: str) -> str:
    """The label, also for messages of a kind that is no more."""
    return _kinds[key].label if key in _kinds else key


def open_in_groups(key: str) -> bool:
    """Whether a group reads what the message says; never of a kind that is no more."""
    return key in _kinds and _kinds[key].open_in_groups


def kinds() -> list[MessageKind]:
    """All, by label."""
    return sorted(_kinds.values(), key=lambda kind: kind.label)
