"""Control flow, liveness and captures: facts about a body, no changes to it.

Invariants: nothing here imports `zyn.ir` or changes what it is given.
"""

from zyn.flow.awaits import AwaitPoint, await_points
from zyn.flow.control import check_control

__all__ = ["AwaitPoint", "await_points", "check_control"]
