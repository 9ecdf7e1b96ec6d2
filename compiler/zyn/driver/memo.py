"""What a fact was made from: the names it looked up and what they meant then."""

from typing import NamedTuple


class Memo(NamedTuple):
    """`seen` maps each name to the key of its meaning, None for a name that meant nothing.

    It was true at `epoch`; see `zyn.driver.names`.
    """

    epoch: int
    seen: dict[str, object]
