"""AST and facts of one sound function -> IR.

Not done here: finding out what is sound (`zyn.sema`), counting references, choosing states and
slots (`zyn.ir.transform`).
"""

from zyn.ir.build.stmt import build_function
from zyn.ir.build.wrapper import Wrapper, build_wrapper

__all__ = ["Wrapper", "build_function", "build_wrapper"]
