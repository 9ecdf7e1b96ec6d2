"""The screen of a Neovim, as text and as a picture.

Neovim sends what it draws as events of its UI protocol (`:help ui-linegrid`); no terminal is
between.  The picture is a web page with one span per run of equal cells, photographed by Chromium.
"""

import html
import math
import subprocess
import tempfile
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pynvim

from tests.support.outside import require_program

CELL_WIDTH_PX = 1233 / 2048 * 14  # Of DejaVu Sans Mono at 14 px, which the style below asks for.
CELL_HEIGHT_PX = 18
MARGIN_PX = 10  # As the window of a terminal has it.
QUIET_CHROMIUM = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync"
)
STYLE = """\
* { margin: 0; padding: 0; }
pre { font: 14px/18px "DejaVu Sans Mono", monospace; white-space: pre; height: 18px; }
span { display: inline-block; height: 18px; vertical-align: top; }
"""


def _unheeded(*_: object) -> None:
    """For events that change no cell."""


class Cell(msgspec.Struct, frozen=True):
    """One character cell and the number of its highlight."""

    text: str = " "
    highlight: int = 0


class Screen:
    """A screen attached to a Neovim, from here to the end of that Neovim."""

    def __init__(self, nvim: pynvim.Nvim, columns: int, rows: int) -> None:
        self.nvim = nvim
        self.columns = columns
        self.rows = [[Cell()] * columns for _ in range(rows)]
        self.highlights: dict[int, dict[str, Any]] = {0: {}}
        self.foreground = 0xD0D0D0
        self.background = 0x1C1C1C
        nvim.ui_attach(columns, rows, rgb=True, ext_linegrid=True)

    def update(self) -> None:
        """Take in everything that Neovim draws up to now."""
        channel = self.nvim.channel_id
        self.nvim.exec_lua("vim.cmd('redraw!'); vim.rpcnotify(..., 'drawn')", channel)
        while True:
            _, name, batches = self.nvim.next_message()
            if name == "drawn":
                return
            for event, *calls in batches:
                handler: Callable[..., None] = getattr(self, f"_{event}", _unheeded)
                for call in calls:
                    handler(*call)

    def lines(self) -> list[str]:
        """The text of each row, without the blanks at its end."""
        return ["".join(cell.text for cell in row).rstrip() for row in self.rows]

    def picture(self, file: Path) -> None:
        """Write the screen as a PNG."""
        chromium = require_program("chromium")
        width = math.ceil(self.columns * CELL_WIDTH_PX) + 2 * MARGIN_PX
        height = len(self.rows) * CELL_HEIGHT_PX + 2 * MARGIN_PX
        with tempfile.TemporaryDirectory() as scratch:
            page = Path(scratch) / "screen.html"
            page.write_text(self._page(), encoding="utf-8")
            flags = [
                *QUIET_CHROMIUM.split(),
                f"--user-data-dir={scratch}/profile",
                f"--window-size={width},{height}",
                f"--screenshot={file}",
            ]
            subprocess.run(
                [chromium, *flags, page.as_uri()], check=True, capture_output=True, timeout=120
            )

    def _page(self) -> str:
        rows = []
        for row in self.rows:
            spans = []
            for highlight, run in groupby(row, key=lambda cell: cell.highlight):
                cells = list(run)
                text = html.escape("".join(cell.text for cell in cells))
                style = f"{self._css(highlight)};width:{len(cells) * CELL_WIDTH_PX:.3f}px"
                spans.append(f'<span style="{style}">{text}</span>')
            rows.append(f"<pre>{''.join(spans)}</pre>")
        body = f"background:#{self.background:06x};padding:{MARGIN_PX}px"
        head = f'<meta charset="utf-8"><style>{STYLE}</style>'
        return f'<!doctype html>{head}<body style="{body}">{"".join(rows)}</body>'

    def _css(self, number: int) -> str:
        attributes = self.highlights.get(number, {})
        front = attributes.get("foreground", self.foreground)
        back = attributes.get("background", self.background)
        if attributes.get("reverse"):
            front, back = back, front
        style = f"color:#{front:06x};background:#{back:06x}"
        if attributes.get("bold"):
            style += ";font-weight:bold"
        if attributes.get("italic"):
            style += ";font-style:italic"
        if attributes.get("underline") or attributes.get("undercurl"):
            colour = attributes.get("special", front)
            style += f";text-decoration:underline #{colour:06x}"
        return style

    # Events, by their names in the protocol

    def _default_colors_set(self, front: int, back: int, *_: int) -> None:
        # -1 is "as the terminal has it".
        self.foreground = front if front >= 0 else self.foreground
        self.background = back if back >= 0 else self.background

    def _hl_attr_define(self, number: int, rgb: dict[str, Any], *_: Any) -> None:
        self.highlights[number] = rgb

    def _grid_clear(self, _grid: int) -> None:
        self.rows = [[Cell()] * self.columns for _ in self.rows]

    def _grid_line(self, _grid: int, row: int, column: int, cells: list[Any], *_: Any) -> None:
        highlight = 0
        for cell in cells:
            text, *rest = cell
            highlight = rest[0] if rest else highlight
            for _time in range(rest[1] if len(rest) > 1 else 1):
                self.rows[row][column] = Cell(text, highlight)
                column += 1

    def _grid_scroll(
        self, _grid: int, top: int, bottom: int, left: int, right: int, rows: int, _columns: int
    ) -> None:
        span = range(top, bottom) if rows > 0 else range(bottom - 1, top - 1, -1)
        for row in span:
            if top <= row + rows < bottom:
                self.rows[row][left:right] = self.rows[row + rows][left:right]
