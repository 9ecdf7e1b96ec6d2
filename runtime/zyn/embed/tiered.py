"""A runtime that optimises what is hot while it runs.

Every function starts in the baseline build, which counts its calls and the back-edges of its loops.
A background thread compiles the functions that reach a threshold with all of LLVM's passes and
switches them through their cells.  Both builds have the same frames, so a task that waits goes on
in the new build at its next poll.  A call of a function that is not async, once begun, ends in the
build that it began in.
"""

import weakref
from typing import Any, ClassVar, Literal, Self

from zyn.embed.promoter import CountedRuntime, Promoter
from zyn.embed.runtime import Runtime

CALLS_HOT = 1_000
"""A build takes as long as some 100,000 calls of a small function, and pays when it will be called
as often again; one that reached this soon has usually more to come than one that did not.
"""
BACK_EDGES_HOT = 10_000
"""The body of a loop is some tenth of a small function with its call."""


class TieredRuntime(Runtime):
    """A `Runtime` whose functions are optimised when they are hot; takes the same options.

    calls, back_edges   how often a function is called, or goes round its loops, before it is
    """

    _counted: ClassVar[bool] = True
    _native_type: ClassVar[type[CountedRuntime]] = CountedRuntime

    def __init__(
        self,
        language: str = "zyntax",
        *,
        calls: int = CALLS_HOT,
        back_edges: int = BACK_EDGES_HOT,
        **options: Any,
    ) -> None:
        if calls < 1 or back_edges < 1:
            raise ValueError("a function is hot after 1 call or back-edge, or more")
        super().__init__(language, **options)
        is_threaded = options.get("workers", 1) > 1
        self._promoter = Promoter(calls, back_edges, is_threaded=is_threaded)
        assert isinstance(self._native, CountedRuntime)
        self._native.promoter = self._promoter
        # A destructor must not wait for the thread, which may want a lock that its own thread has.
        weakref.finalize(self, self._promoter.stop).atexit = False

    @classmethod
    def production(cls, language: str = "zyntax", **options: Any) -> Self:
        """A runtime for programs that run for a while: CALLS_HOT and BACK_EDGES_HOT."""
        return cls(language, calls=CALLS_HOT, back_edges=BACK_EDGES_HOT, **options)

    def close(self) -> None:
        """`Runtime.close`; the background thread has ended afterwards."""
        super().close()
        self._promoter.close()

    def load_bytes(self, data: bytes, *, language: str | None = None, file: str = "") -> list[str]:
        """`Runtime.load_bytes`."""
        with self._loading:
            names = super().load_bytes(data, language=language, file=file)
            self._promoter.watch(self._modules[-1])
        return names

    def get_function_tier(self, name: str) -> Literal["baseline", "optimised"]:
        """The build of a function that runs from its next call or poll on; CallError when there is
        no such function.

        A function that a debugger wanted to look into is "baseline": it is never optimised.
        """
        function = self.function(name)
        return "optimised" if function.module.is_optimised(function) else "baseline"

    def optimise_hot(self) -> None:
        """Optimise what is hot by now before this returns, instead of in the background.

        For warming up, and for measurements.  Failures are logged and leave the baseline build.
        """
        self._promoter.look()
