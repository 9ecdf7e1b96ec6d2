"""The answers to all requests, by family; importing this package registers them.

A handler never touches the connection: it returns the body of its response, or raises.
"""

from zyn.dap.handlers import breakpoints, inspect, lifecycle, memory, stepping, tasks
from zyn.dap.registry import HANDLERS

__all__ = ["HANDLERS", "breakpoints", "inspect", "lifecycle", "memory", "stepping", "tasks"]
