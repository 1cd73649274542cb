"""Background work of messages."""
