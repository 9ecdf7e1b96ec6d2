"""IR that no language makes yet, run; and IR that is wrong, found out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.lowering import handwritten
from tests.support.native import Native, Outcome
from tests.support.repository import ROOT
from zyn.base.bug import ZynBug
from zyn.ir import op as ir
from zyn.ir.check import check_function
from zyn.ir.func import Block, Const, Function, Local
from zyn.ir.parse import parse_function
from zyn.ir.transform import lower
from zyn.sema.types import I32

FOLDER = ROOT / "tests" / "golden" / "handwritten"

RUNS = {
    ("future_starts", "lazy"): 20,
    ("future_starts", "eager"): 10,
    ("future_starts", "forgets"): 1,
    ("future_starts", "remembers"): "panic: broken",
    ("turns", "first_of_two_that_go_on"): 1,
    ("turns", "first_gives_way"): 2,
    ("turns", "kept"): "text!",
    ("error_paths", "good"): "onefine",
    ("error_paths", "first_fails"): "division-by-zero: division of 1 by zero",
    ("error_paths", "second_fails"): "division-by-zero: division of 1 by zero",
    ("error_paths", "shared"): 10,
}


def shown(outcome: Outcome) -> object:
    """A value, or why there is none."""
    return outcome.value if outcome.kind == "value" else f"{outcome.kind}: {outcome.message}"


@pytest.mark.parametrize("build", ["fast", "debug"])
@pytest.mark.parametrize("case", RUNS, ids="-".join)
def test_run(case: tuple[str, str], build: str) -> None:
    name, entry = case
    text = Path(FOLDER / f"{name}.ir").read_text(encoding="utf-8")
    with Native(handwritten(text)) as native:
        if build == "debug":
            native.module.debug_build()

        assert shown(native.call(entry)) == RUNS[case]
        assert native.live_objects() == 0


def test_failures_blame_the_line_of_the_text() -> None:
    text = "fn f() i32\n  local %0: i32\nb0:\n  try %0 = checked_div 1:i32, 0:i32 ok b1 error b2\n"
    text += "b1:\n  return %0\nb2:\n  fail\n"
    with Native(handwritten(text)) as native:
        assert native.call("f").line == 4


GOOD = """
struct Pair { left: i32, right: string }

async fn good(n: i32, text: string) i32
  local pair: Pair
  local flag: bool
  local maybe: ?i32
  local sum: i32
  local promise: Promise<i32>
b0:
  try attend entry ok b1 error b6
b1:
  flag = lt n, 3:i32
  pair = make n, text
  maybe = convert n
  if flag then b2 else b3
b2:
  sum = get pair.0
  begin leaf yield_now()
  await ok b5 error b6
b3:
  sum = unwrap maybe
  begin leaf delay(1:i64)
  await ok b5 error b6
b4:
  return sum
b5:
  put pair.1, text
  flag = is_some maybe
  try sum = checked_div sum, n ok b4 error b6
b6:
  fail
"""

RETURN = "b4:\n  return sum"
WAIT = "begin leaf yield_now()\n  await ok b5 error b6\nb3"
DIVIDE = "try sum = checked_div sum, n"
BEGIN = "begin leaf yield_now()\n  "
TEXT_BREAKS = {
    "copy": (RETURN, "b4:\n  sum = copy 1:i64\n  return sum", "rule 2: b4: Assign mixes"),
    "operands": (RETURN, "b4:\n  sum = add 1:i32, 1:i64\n  return sum", "rule 2: b4: Binary"),
    "a sum": (RETURN, "b4:\n  flag = add 1:i32, 1:i32\n  return sum", "rule 2: b4: Binary"),
    "a comparison": (RETURN, "b4:\n  sum = lt 1:i32, 1:i32\n  return sum", "rule 2: b4: Binary"),
    "fdiv": (RETURN, "b4:\n  sum = fdiv 1:i32, 1:i32\n  return sum", "rule 2: b4: fdiv of a i32"),
    "not": (RETURN, "b4:\n  sum = not 1:i32\n  return sum", "rule 2: b4: not of a i32"),
    "neg": (RETURN, 'b4:\n  text = neg "x":string\n  return sum', "rule 2: b4: neg of a string"),
    "a result": (RETURN, "b4:\n  flag = neg 1:i32\n  return sum", "rule 2: b4: Unary"),
    "narrower": (RETURN, "b4:\n  sum = convert 1:i64\n  return sum", "rule 2: b4: no conversion"),
    "fields": ("make n, text", "make text, text", "rule 2: b1: Make"),
    "too few fields": ("make n, text", "make n", "rule 2: b1: Make"),
    "no fields": ("make n, text", "make", "rule 2: b1: Make"),
    "too many fields": ("make n, text", "make n, text, n", "rule 2: b1: Make"),
    "no struct": ("pair = make n, text", "flag = make n", "rule 2: b1: Make"),
    "a part": ("get pair.0", "get pair.1", "rule 2: b2: Get"),
    "a part that is not there": ("get pair.0", "get pair.2", "rule 2: b2: Get"),
    "an index into a struct": ("get pair.0", "get pair[n]", "rule 2: b2: Get"),
    "a new part": ("put pair.1, text", "put pair.0, text", "rule 2: b5: Put"),
    "is_some": ("flag = is_some maybe", "n = is_some maybe", "rule 2: b5: IsSome"),
    "unwrap": ("unwrap maybe", "unwrap n", "rule 2: b3: Unwrap"),
    "spawn": (RETURN, "b4:\n  sum = spawn 1:i32\n  return sum", "rule 2: b4: spawn of a i32"),
    "a promise": (RETURN, "b4:\n  promise = spawn 1:i32\n  return sum", "rule 2: b4: Spawn mixes"),
    "a leaf": ("begin leaf yield_now()", "begin leaf nap()", "rule 2: b2: there is no leaf nap"),
    "divide": (DIVIDE, "try flag = checked_div sum, n", "rule 2: b5: Divide"),
    "divide texts": (
        DIVIDE, "try text = checked_div text, text",
        "rule 2: b5: checked division of a string",
    ),
    "concat": (DIVIDE, "try text = concat text, n", "rule 2: b5: Concat"),
    "panic": (DIVIDE, "try panic n", "rule 2: b5: Panic"),
    "an index": (
        DIVIDE, "try check_index text, 3", "rule 2: b5: an index",
    ),
    "a future": (
        DIVIDE, "try sum = future lazy good(n)", "rule 2: b5: a future",
    ),
    "a condition": ("if flag then", "if n then", "rule 2: b1: Branch"),
    "a returned value": ("return sum", "return true:bool", "rule 2: b4: Return"),
    "nothing returned": ("return sum", "return", "rule 2: b4: Return"),
    "a direct function waits": ("async fn", "fn", "rule 3: await in a direct function"),
    "an await of nothing": (WAIT, WAIT.removeprefix(BEGIN), "rule 3: b2 awaits 0"),
    "an await of two": (WAIT, "begin leaf pending()\n  " + WAIT, "rule 3: b2 awaits 2"),
    "a begin without await": (
        RETURN, "b4:\n  begin leaf yield_now()\n  return sum", "rule 3: b4 begins",
    ),
    "never written": (RETURN, "b4:\n  promise = spawn promise\n  return sum", "rule 4: b4 reads"),
    "written on one path": ("sum = unwrap maybe\n  ", "", "rule 4: b5 reads sum"),
    "one state twice": ("await ok", "await state 1 ok", "rule 5"),
    "an await without a state": (WAIT, WAIT.replace("await ok", "await state 1 ok"), "rule 5"),
    "a state that is missing": (WAIT, WAIT.replace("await ok", "await state 2 ok"), "rule 5"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXT_BREAKS)
def test_every_rule_is_checked(name: str) -> None:
    old, new, message = TEXT_BREAKS[name]
    assert old in GOOD
    check_function(parse_function(GOOD), "pass")

    with pytest.raises(ZynBug, match=f"after pass: {message}"):
        check_function(parse_function(GOOD.replace(old, new)), "pass")


def no_blocks(function: Function) -> None:
    """Nothing at all."""
    function.blocks.clear()


def misplaced(function: Function) -> None:
    """Two blocks that changed places and kept their numbers."""
    function.blocks[2], function.blocks[3] = function.blocks[3], function.blocks[2]


def no_terminator(function: Function) -> None:
    """A block without an end."""
    function.blocks[2].terminator = None


def elsewhere(function: Function) -> None:
    """A jump to a block of another function."""
    function.blocks[2].ops.pop()
    function.blocks[2].terminator = ir.Goto(Block(2))


def foreign_source(function: Function) -> None:
    """A local of another function, read."""
    function.blocks[4].ops.append(ir.Assign(function.locals[5], Local(0, "foreign", I32)))


def foreign_target(function: Function) -> None:
    """A local of another function, written."""
    function.blocks[4].ops.append(ir.Assign(Local(0, "foreign", I32), Const(I32, 1)))


BREAKS: dict[Callable[[Function], None], str] = {
    no_blocks: "no blocks",
    misplaced: "b3 is at place 2",
    no_terminator: "rule 1: b2 has no terminator",
    elsewhere: "rule 1: b2 goes to a block of another function",
    foreign_source: "rule 2: b4 uses a foreign local",
    foreign_target: "rule 2: b4 uses a foreign local",
}


@pytest.mark.parametrize("breaks", BREAKS, ids=lambda breaks: breaks.__name__)
def test_what_text_cannot_say_is_checked(breaks: Callable[[Function], None]) -> None:
    function = parse_function(GOOD)
    breaks(function)

    with pytest.raises(ZynBug, match=f"after pass: {BREAKS[breaks]}"):
        check_function(function, "pass")


def split() -> Function:
    """The sound function after every pass."""
    return lower(parse_function(GOOD), lambda _: None, check=True).function


def test_every_load_is_needed() -> None:
    count = 0
    for place in range(len(split().blocks)):
        for load in [op for op in split().blocks[place].ops if isinstance(op, ir.LoadSlot)]:
            function = split()
            ops = function.blocks[place].ops
            ops[:] = [op for op in ops if op.dst is None or op.dst.index != load.dst.index]
            with pytest.raises(ZynBug, match=f"rule 4: b[0-9]+ reads {load.dst.name} before"):
                check_function(function, "split_suspends")
            count += 1
    assert count > 10


@pytest.mark.parametrize("block", range(3))
def test_states_are_checked_after_the_split(block: int) -> None:
    function = split()
    waiting = [found.end for found in function.blocks if isinstance(found.end, ir.Await)]
    waiting[0].state = (0, 2, 7)[block]

    with pytest.raises(ZynBug, match="rule 5"):
        check_function(function, "split_suspends")
