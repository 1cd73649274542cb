"""The writes of this department; ``move_customers`` is the one way a stage changes."""

from keqing.lifecycle.actions.stages import Moved, MoveRefused, move_customers

__all__ = ["MoveRefused", "Moved", "move_customers"]
