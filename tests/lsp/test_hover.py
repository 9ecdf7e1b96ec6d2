"""Hovers, each under the word that it is about."""

from inline_snapshot import snapshot

from tests.lsp.pictures import open_at, underlined
from zyn.ide.hover import hover

PROGRAM = """\
const Point = struct { x: i32, y: f64 };

// Adds after a while.
// Nobody knows why.
async fn add(a: i32, unused: i64) i32 {
    const x = a + 1;
    await delay(10);
    return x + a;
}

async fn main(p: Point) i32 {
    var i: i32 = 0;
    var sum: i32 = p.x;
    while (i < 3) {
        sum = sum + await add(i, 2);
        i += 1;
    }
    const last = sum;
    return last;
}
"""


def check(word: str, occurrence: int = 1) -> str:
    """The hover at the n-th occurrence of a word in the program."""
    at = -1
    for _ in range(occurrence):
        at = PROGRAM.index(word, at + 1)
    document, offset = open_at(f"{PROGRAM[:at]}|{PROGRAM[at:]}")
    found = hover(document, offset)
    if found is None:
        return "nothing"
    return f"{underlined(document, [(found.span, '')])}\n\n{found.markdown}"


def test_async_function() -> None:
    assert check("add(a") == snapshot("""\
  5 async fn add(a: i32, unused: i64) i32 {
             ▔▔▔

```zyntax
async fn add(a: i32, unused: i64) i32
```

Adds after a while.
Nobody knows why.

2 states - 40 B frame

| offset | size | name | type | stored | live in |
| ---: | ---: | --- | --- | --- | --- |
| 0 | 4 | *state* | u32 | | |
| 4 | 4 | `result` | i32 | result | - |
| 4 | 4 | `a` | i32 | parameter | 1 |
| 8 | 8 | `unused` | i64 | parameter | - |
| 8 | 4 | `x` | i32 | local | 1 |
| 16 | 24 | `await delay(10)` | leaf delay | child | 1 |\
""")


def test_await() -> None:
    assert check("await add") == snapshot("""\
 15         sum = sum + await add(i, 2);
                        ▔▔▔▔▔

**state 1 - i, sum live - 28 B**

waits for `add(i, 2)`

| bytes | at | what |
| ---: | ---: | --- |
| 4 | 0 | state word |
| 16 | 8 | `p` parameter, dead here |
| 4 | 4 | `i` i32 |
| 4 | 8 | `sum` i32 |

28 B are in use here, and 40 B at 16 by what is awaited; the whole frame has 56 B.\
""")


def test_captured_variable() -> None:
    assert check("x + a") == snapshot("""\
  8     return x + a;
               ▔

```zyntax
const x: i32
```

**captured**: 4 bytes at offset 8 of the frame

- crosses `await delay(10)` on line 7 (state 1) and is used after it on line 8\
""")


def test_variable_that_a_loop_keeps() -> None:
    assert check("i, 2") == snapshot("""\
 15         sum = sum + await add(i, 2);
                                  ▔

```zyntax
var i: i32
```

**captured**: 4 bytes at offset 4 of the frame

- crosses `await add(i, 2)` on line 15 (state 1) and is used after it on line 14, next time round\
""")


def test_stored_parameter() -> None:
    assert check("unused") == snapshot("""\
  5 async fn add(a: i32, unused: i64) i32 {
                         ▔▔▔▔▔▔

```zyntax
(parameter) unused: i64
```

**stored**: 8 bytes at offset 8 of the frame; every parameter is, and no await needs this one later\
""")


def test_variable_outside_the_frame() -> None:
    assert check("last", 2) == snapshot("""\
 19     return last;
               ▔▔▔▔

```zyntax
const last: i32
```

Not in the frame: no await comes between its value and its last use.\
""")


def test_struct() -> None:
    assert check("Point", 2) == snapshot("""\
 11 async fn main(p: Point) i32 {
                     ▔▔▔▔▔

```zyntax
const Point = struct { x: i32, y: f64 };
```

16 bytes, aligned to 8\
""")


def test_field() -> None:
    assert check("x;") == snapshot("""\
 13     var sum: i32 = p.x;
                         ▔

```zyntax
Point.x: i32
```

4 bytes at offset 0 of `Point`\
""")


def test_builtin() -> None:
    assert check("delay") == snapshot("""\
  7     await delay(10);
              ▔▔▔▔▔

```zyntax
fn delay(ms: i64) Promise<void>
```

Ready after `ms` milliseconds of the runtime's clock; 0 or less is ready at once.\
""")


def test_nothing() -> None:
    assert check("// Adds") == snapshot("nothing")
    assert check("while") == snapshot("nothing")
