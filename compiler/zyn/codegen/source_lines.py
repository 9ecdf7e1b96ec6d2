"""Which source line each instruction of a debug build belongs to, as LLVM metadata.

LLVM makes DWARF of it, which `zyn.driver.gdb` hands to a native debugger.  Fast builds have none:
they are made while somebody waits, and the debugger of zyn needs none either.

The emitter marks where a statement begins with a comment, `; probe N`; whatever follows belongs to
it up to the next mark or the next block of the IR.  What belongs to no statement keeps no line.
"""

import os
import re
from collections.abc import Sequence
from typing import final

_BLOCK = re.compile(r"(b\d+|pending|not\d+):")


@final
class SourceLines:
    """The metadata of one module whose functions are all of one file."""

    def __init__(self, file: str) -> None:
        folder, name = os.path.split(file)
        unit = "language: DW_LANG_C11, file: !3, isOptimized: false, runtimeVersion: 0"
        self._lines = [
            "!llvm.dbg.cu = !{!0}",
            "!llvm.module.flags = !{!1, !2}",
            f'!0 = distinct !DICompileUnit({unit}, producer: "zyn", emissionKind: FullDebug)',
            '!1 = !{i32 2, !"Debug Info Version", i32 3}',
            '!2 = !{i32 7, !"Dwarf Version", i32 4}',
            f'!3 = !DIFile(filename: "{_quoted(name)}", directory: "{_quoted(folder)}")',
            "!4 = !DISubroutineType(types: !5)",
            "!5 = !{}",
        ]
        self._count = 6

    def text(self) -> str:
        """The metadata, for the end of the module."""
        return "\n".join(self._lines) + "\n"

    def annotate(self, code: str, name: str, line: int, probes: Sequence[int]) -> str:
        """The text of one function with its lines; `line` is its own, `probes` are the probes'.

        All count from 1.  A function that is split for its large stack has them in its body, which
        comes last.
        """
        function = self._add(
            f'distinct !DISubprogram(name: "{_quoted(name)}", scope: !3, file: !3, line: {line}, '
            f"type: !4, unit: !0, scopeLine: {line}, spFlags: DISPFlagDefinition)"
        )
        places: dict[int, str] = {}

        def place(number: int) -> str:
            if number not in places:
                places[number] = self._add(f"!DILocation(line: {number}, scope: {function})")
            return places[number]

        guard, define, body = code.rpartition("define ")
        head, _, rest = body.partition("{\n")
        lines = [f"{define}{head}!dbg {function} {{"]
        current = place(line)
        for text in rest.splitlines():
            if text.startswith("; probe "):
                current = place(probes[int(text.removeprefix("; probe "))])
            elif _BLOCK.fullmatch(text):
                current = ""
            elif current and text and not text.endswith((":", "}")):
                # Every one, since nobody knows here which of them become instructions.
                text = f"{text}, !dbg {current}"
            lines.append(text)
        return guard + "\n".join(lines) + "\n"

    def _add(self, text: str) -> str:
        self._lines.append(f"!{self._count} = {text}")
        self._count += 1
        return f"!{self._count - 1}"


def _quoted(text: str) -> str:
    """Text between quotation marks in LLVM's notation."""
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:02X}" for b in data)
