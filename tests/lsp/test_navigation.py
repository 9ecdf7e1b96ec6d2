"""Definition, type definition, references and highlights, as marks under the words."""

from inline_snapshot import snapshot

from tests.lsp.pictures import open_at, underlined
from zyn.base.span import Span
from zyn.ide.navigate import definition, type_definition
from zyn.ide.references import references


def check(sample: str) -> str:
    """Where the word under the cursor is declared and used, and where its struct is."""
    document, offset = open_at(sample)
    marks: list[tuple[Span, str]] = []
    for place in references(document, offset):
        word = "write" if place.is_write else "read"
        marks.append((place.span, "declaration" if place.is_declaration else word))
    target = definition(document, offset)
    if target is not None:
        marks.append((target.name, "<- definition"))
    type_ = type_definition(document, offset)
    if type_ is not None:
        marks.append((type_.name, "<- type"))
    return underlined(document, marks)


def test_variable_and_another_of_the_same_name() -> None:
    assert check(
        """\
fn f(n: i32) i32 {
    var total: i32 = n;
    if (n > 0) {
        const total: i32 = 1;
        return total;
    }
    tot|al += 1;
    return total;
}
fn total() void {}
"""
    ) == snapshot("""\
  2     var total: i32 = n;
            ▔▔▔▔▔ <- definition
            ▔▔▔▔▔ declaration
  7     total += 1;
        ▔▔▔▔▔ write
  8     return total;
               ▔▔▔▔▔ read\
""")


def test_function() -> None:
    assert check(
        """\
async fn main() i32 {
    const later = st|ep(1);
    return await later + await step(2);
}
async fn step(n: i32) i32 { return n; }
"""
    ) == snapshot("""\
  2     const later = step(1);
                      ▔▔▔▔ read
  3     return await later + await step(2);
                                   ▔▔▔▔ read
  5 async fn step(n: i32) i32 { return n; }
             ▔▔▔▔ <- definition
             ▔▔▔▔ declaration\
""")


def test_struct() -> None:
    assert check(
        """\
const P = struct { x: i32 };
fn make(x: i32) P { return P{ .x = x }; }
fn f(p: P|) i32 { return p.x; }
"""
    ) == snapshot("""\
  1 const P = struct { x: i32 };
          ▔ <- definition
          ▔ <- type
          ▔ declaration
  2 fn make(x: i32) P { return P{ .x = x }; }
                    ▔ read
                               ▔ read
  3 fn f(p: P) i32 { return p.x; }
            ▔ read\
""")


def test_field() -> None:
    assert check(
        """\
const P = struct { x: i32 };
const Q = struct { x: i32, p: P };
fn make(x: i32) P { return P{ .x = x }; }
fn f(q: Q) i32 { return q.x + q.p.|x + make(1).x; }
"""
    ) == snapshot("""\
  1 const P = struct { x: i32 };
                       ▔ <- definition
                       ▔ declaration
  3 fn make(x: i32) P { return P{ .x = x }; }
                                   ▔ write
  4 fn f(q: Q) i32 { return q.x + q.p.x + make(1).x; }
                                      ▔ read
                                                  ▔ read\
""")


def test_variable_of_a_struct_leads_to_it() -> None:
    assert check(
        """\
const P = struct { x: i32 };
fn f(list: [2]?P) i32 { const n = li|st; return 1; }
"""
    ) == snapshot("""\
  1 const P = struct { x: i32 };
          ▔ <- type
  2 fn f(list: [2]?P) i32 { const n = list; return 1; }
         ▔▔▔▔ <- definition
         ▔▔▔▔ declaration
                                      ▔▔▔▔ read\
""")


def test_builtin_has_no_declaration() -> None:
    assert check("async fn f() void { await del|ay(1); await delay(2); }") == snapshot("""\
  1 async fn f() void { await delay(1); await delay(2); }
                              ▔▔▔▔▔ read
                                              ▔▔▔▔▔ read\
""")


def test_nothing() -> None:
    assert check("fn f() void { | }") == ""
