"""Programs for tests that need many: whole ones, and ones with something wrong in them."""

from hypothesis import strategies as st

PROGRAMS = (
    b"""const Step = struct { name: string, cost: i64, next: ?i32 };

async fn walk(steps: [3]Step, limit: i64) i64 {
    var spent: i64 = 0;
    var at = 0;
    while (at < 3 and spent < limit) {
        const step = steps[at];
        if (step.next == null) {
            break;
        } else if (step.name != "rest") {
            await delay(step.cost * 2);
            spent += step.cost;
        }
        at = step.next orelse (at + 1);
    }
    return spent;
}
""",
    b"""async fn fetch(id: f32) f64 {
    await yield_now();
    return 0.5 * id;
}

async fn fetch_all() f64 {
    const pending_one = spawn(fetch(3));
    const both = await join([fetch(1), fetch(2)]);
    const quick = await race(fetch(4), pending_one);
    var total = both[0] + both[1] - -quick;
    { const total = !(quick >= 1.0) or false; if (total) { panic("slow"); } }
    return total;
}

fn later(id: f32) Promise<f64> { return fetch(id % 7); }
""",
    b"""async fn slow(n: u8) u32 { return n; }
async fn lazy(n: u8) u32 {
    const a = slow(n);
    const b = slow(1);
    slow(2);
    return a + b + slow(3);
}
fn fill(value: i8) [2][2]i8 {
    var grid = [[value, 1], [-2, 0]];
    grid[1][0] -= value;
    return grid;
}
""",
)

TOKENS = (
    b"{", b"}", b"(", b")", b"[", b"]", b";", b",", b":", b".", b"=", b"==", b"+", b"-", b"!", b"?",
    b'"', b"//", b"/*", b"*/", b"fn ", b"async ", b"await ", b"const ", b"var ", b"if ", b"else ",
    b"while ", b"return ", b"break;", b"struct ", b"null", b"true", b"orelse ", b"i32", b"void",
    b"Promise<", b">", b"1", b"0.5", b"x", b"total", b"fetch(", b"\n", b"\0", b"\xff", b"\xc3\xa9",
)  # fmt: skip


@st.composite
def damaged_programs(draw: st.DrawFn) -> bytes:
    """A program after up to four edits that delete, insert, repeat or cut off."""
    data = draw(st.sampled_from(PROGRAMS))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 3)):
            case 0:
                data = data[:at] + data[at + draw(st.integers(1, 20)) :]
            case 1:
                data = data[:at] + draw(st.sampled_from(TOKENS)) + data[at:]
            case 2:
                end = at + draw(st.integers(1, 60))
                data = data[:end] + data[at:]
            case _:
                data = data[:at]
    return data
