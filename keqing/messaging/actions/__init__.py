"""Writing messages, delivering them, reading them, and how they read."""

from keqing.messaging.actions.outbox import Outgoing, send, send_all, withdraw_from_digests

__all__ = ["Outgoing", "send", "send_all", "withdraw_from_digests"]
