"""What code generation gets: one function, complete."""

from typing import NamedTuple

from zyn.driver.items import PlacedItem
from zyn.ir.func import Function
from zyn.ir.side_table import SideTable
from zyn.ir.transform import Lowered
from zyn.sema.facts import FunctionFacts


class Unit(NamedTuple):
    """A function without errors.  Nobody else holds its IR."""

    placed: PlacedItem
    facts: FunctionFacts
    lowered: Lowered

    @property
    def name(self) -> str:
        """The function's name."""
        return self.facts.signature.name

    @property
    def function(self) -> Function:
        """The IR after every pass."""
        return self.lowered.function

    @property
    def side_table(self) -> SideTable:
        """The side table; spans and lines count from the file."""
        return self.lowered.side_table.at(self.placed.offset, self.placed.line)
