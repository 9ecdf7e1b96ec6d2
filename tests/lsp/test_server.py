"""The server message by message: texts, versions, encodings, diagnostics, settings."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.lsp.wire import URI, Session, at, span

GOOD = "fn f() i32 { return 1; }\n"
BAD = "fn f() i32 { return nothing; }\n"
TWO = """\
async fn wait(n: i64) i32 {
    await delay(n);
    return 1;
}

async fn main() i32 {
    const x = await wait(1);
    return x;
}
"""


@pytest.fixture
def session() -> Session:
    started = Session()
    started.initialize()
    return started


def test_edits_are_applied_in_order(session: Session) -> None:
    session.open("abc\ndef\n")
    session.change(
        {"range": span(0, 1, 2), "text": "XY"},
        {"range": span(0, 3, 0, last=1), "text": "-"},
    )
    assert session.text() == "aXY-def\n"


def test_a_change_without_a_range_is_the_whole_text(session: Session) -> None:
    session.open("abc")
    session.change({"text": "xyz\n"}, {"range": span(0, 0, 1), "text": "é"})
    assert session.text() == "éyz\n"


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 6), ("utf-16", 4), ("utf-32", 3)])
def test_columns_count_in_the_encoding_agreed_on(encoding: str, column: int) -> None:
    session = Session()
    capabilities = session.initialize({"general": {"positionEncodings": [encoding]}})
    assert capabilities["positionEncoding"] == encoding
    session.open("//😀x\n")
    session.change({"range": span(0, column, column), "text": "!"})
    assert session.text() == "//😀!x\n"


def test_lone_surrogates_take_one_place(session: Session) -> None:
    session.open("//\ud800x\n")
    session.change({"range": span(0, 3, 4), "text": "\udfff!"})
    assert session.text() == "//\ufffd\ufffd!\n"


def test_positions_outside_are_moved_inside(session: Session) -> None:
    session.open("ab\ncd")
    session.change({"range": span(0, 99, 99, last=99), "text": "!"})
    assert session.text() == "ab!"
    assert session.request("textDocument/hover", at(50, 50)) is None


def test_a_range_the_wrong_way_round_is_turned(session: Session) -> None:
    session.open("abcd")
    session.change({"range": span(0, 3, 1), "text": "-"})
    assert session.text() == "a-d"


def test_versions_out_of_order_lose_nothing(session: Session) -> None:
    session.open("abc", version=5)
    session.change({"range": span(0, 0, 0), "text": "1"}, version=4)
    session.change({"range": span(0, 0, 0), "text": "2"}, version=4)
    assert session.text() == "21abc"


def test_opening_twice_takes_the_second_text(session: Session) -> None:
    session.open(GOOD)
    session.open(BAD, version=7)
    session.settle()
    assert session.text() == BAD
    assert session.pushed()[-1] == (7, ["unknown-name"])


def test_changes_of_what_is_not_open_are_nothing(session: Session) -> None:
    session.change({"text": "x"})
    session.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert session.error("textDocument/hover", at(0, 0)) == snapshot(
        (-32602, "textDocument/hover: file:///work/sample.zyntax is not open")
    )


def test_other_languages_are_left_alone(session: Session) -> None:
    item = {"uri": "file:///a.py", "languageId": "python", "version": 1, "text": "x"}
    session.notify("textDocument/didOpen", {"textDocument": item})
    assert session.error("textDocument/hover", at(0, 0, "file:///a.py"))[0] == -32602


def test_diagnostics_are_pushed_once_the_text_rests(session: Session) -> None:
    session.open(GOOD)
    session.change({"text": BAD}, version=2)
    session.change({"text": GOOD}, version=3)
    assert session.pushed() == []
    session.settle()
    assert session.pushed() == [(3, [])]


def test_closing_takes_diagnostics_back(session: Session) -> None:
    session.open(BAD)
    session.settle()
    session.change({"text": BAD + BAD})
    session.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    session.settle()
    assert session.pushed() == [(1, ["unknown-name"]), (None, [])]


def test_a_diagnostic_in_full(session: Session) -> None:
    session.open("\n\nfn f() i32 { return f(1); }\nfn f() void {}\n")
    session.settle()
    assert session.sent[-1]["params"]["diagnostics"] == snapshot(
        [
            {
                "range": {
                    "start": {"line": 2, "character": 22},
                    "end": {"line": 2, "character": 23},
                },
                "severity": 1,
                "code": "wrong-arity",
                "source": "zyn",
                "message": "`f()` takes 0 arguments, not 1",
            },
            {
                "range": {"start": {"line": 3, "character": 3}, "end": {"line": 3, "character": 4}},
                "severity": 1,
                "code": "duplicate-name",
                "source": "zyn",
                "message": """\
`f` is already declared in this file
the first declaration counts; give this one another name\
""",
            },
        ]
    )


def test_who_can_ask_is_not_told() -> None:
    session = Session()
    session.initialize({"textDocument": {"diagnostic": {}}})
    session.open(BAD)
    session.settle()
    assert session.pushed() == []


def test_asked_for_diagnostics_have_an_id(session: Session) -> None:
    session.open(BAD)
    document = {"textDocument": {"uri": URI}}
    first = session.request("textDocument/diagnostic", document)
    assert [item["code"] for item in first["items"]] == ["unknown-name"]
    again = {**document, "previousResultId": first["resultId"]}
    assert session.request("textDocument/diagnostic", again) == {
        "kind": "unchanged",
        "resultId": first["resultId"],
    }
    session.change({"text": GOOD})
    assert session.request("textDocument/diagnostic", again)["items"] == []


def test_diagnostics_and_symbols_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "bad.zyntax").write_text(BAD)
    (tmp_path / "other.txt").write_text(BAD)
    (tmp_path / "latin.zyntax").write_bytes(b"fn latin() void {} // \xe9")
    folders = [{"uri": tmp_path.as_uri(), "name": "work"}]
    session = Session()
    session.initialize(workspaceFolders=folders)
    session.open(GOOD)
    reports = session.request("workspace/diagnostic", {"previousResultIds": []})["items"]
    assert [(r["uri"].rsplit("/", 1)[1], len(r["items"])) for r in reports] == [
        ("sample.zyntax", 0),
        ("latin.zyntax", 0),
        ("bad.zyntax", 1),
    ]
    known = [{"uri": r["uri"], "value": r["resultId"]} for r in reports]
    again = session.request("workspace/diagnostic", {"previousResultIds": known})["items"]
    assert [r["kind"] for r in again] == ["unchanged"] * 3
    symbols = session.request("workspace/symbol", {"query": ""})
    assert [symbol["name"] for symbol in symbols] == ["f", "latin", "f"]


def test_tokens_as_a_difference(session: Session) -> None:
    session.open(TWO)
    document = {"textDocument": {"uri": URI}}
    first = session.request("textDocument/semanticTokens/full", document)
    session.change({"range": span(6, 4, 4), "text": "const y = 1; "})
    previous = {**document, "previousResultId": first["resultId"]}
    delta = session.request("textDocument/semanticTokens/full/delta", previous)
    data = first["data"]
    for edit in delta["edits"]:
        end = edit["start"] + edit["deleteCount"]
        data[edit["start"] : end] = edit.get("data", [])
    whole = session.request("textDocument/semanticTokens/full", document)
    assert data == whole["data"]
    unknown = {**document, "previousResultId": "none"}
    assert "data" in session.request("textDocument/semanticTokens/full/delta", unknown)


def hint_labels(session: Session) -> list[str]:
    params = {"textDocument": {"uri": URI}, "range": span(0, 0, 0, last=99)}
    return [hint["label"] for hint in session.request("textDocument/inlayHint", params)]


def test_hints_as_they_go_out(session: Session) -> None:
    session.open(TWO)
    assert hint_labels(session) == snapshot(
        [
            "stored @8",
            "ms:",
            "state 1 - nothing live - 12 B",
            ": i32",
            "state 1 - nothing live - 4 B",
        ]
    )


def test_hints_can_be_switched_off() -> None:
    session = Session()
    session.initialize(initializationOptions={"hints": {"state": False, "type": False}})
    session.open(TWO)
    assert hint_labels(session) == snapshot(["stored @8", "ms:"])
    session.notify("workspace/didChangeConfiguration", {"settings": {"zyn": {"hints": False}}})
    assert hint_labels(session) == []
    nonsense = {"settings": {"zyn": {"hints": 7, "lens": {"run": "yes"}, "colour": 1}}}
    session.notify("workspace/didChangeConfiguration", nonsense)
    assert hint_labels(session) == []


def test_settings_are_asked_for() -> None:
    session = Session()
    session.initialize({"workspace": {"configuration": True}})
    asked = session.sent[-1]
    assert asked["method"] == "workspace/configuration"
    session.open(TWO)
    answer = [{"hints": {"state": False}}]
    session.receive({"jsonrpc": "2.0", "id": asked["id"], "result": answer})
    assert not any("state" in label for label in hint_labels(session))


def test_state_machine_by_name_and_by_place(session: Session) -> None:
    session.open(TWO)
    by_name = session.request(
        "zyn/stateMachine", {"textDocument": {"uri": URI}, "function": "main"}
    )
    assert by_name == session.request("zyn/stateMachine", at(6, 0))
    assert by_name["slots"] == snapshot(
        [
            {
                "name": "await wait(1)",
                "type": "frame wait",
                "offset": 8,
                "size": 32,
                "align": 8,
                "stored": "child",
                "liveIn": [1],
                "range": None,
            },
            {
                "name": "result",
                "type": "i32",
                "offset": 4,
                "size": 4,
                "align": 4,
                "stored": "result",
                "liveIn": [],
                "range": None,
            },
        ]
    )
    assert by_name["states"][1] == snapshot(
        {
            "index": 1,
            "kind": "await",
            "range": {"start": {"line": 6, "character": 14}, "end": {"line": 6, "character": 27}},
            "line": 6,
            "awaits": "wait(1)",
            "callee": "wait",
            "live": [],
            "size": 4,
            "child": 0,
        }
    )
    assert by_name["edges"] == snapshot([{"source": 0, "target": 1}, {"source": 1, "target": -1}])
    nobody = {"textDocument": {"uri": URI}, "function": "nobody"}
    assert session.request("zyn/stateMachine", nobody) is None
    assert session.error("zyn/stateMachine", {"textDocument": {"uri": URI}})[0] == -32602


def test_functions_of_an_open_file(session: Session) -> None:
    session.open("fn f() void {}\nfn f(a: i32) i32 { return a; }\nasync fn g(b: ?string) i64 {")
    answer = session.request("zyn/functions", {"textDocument": {"uri": URI}})
    kept = [
        {key: one[key] for key in ("name", "isAsync", "parameters", "result")} for one in answer
    ]
    assert kept == snapshot(
        [
            {"name": "f", "isAsync": False, "parameters": [], "result": "void"},
            {
                "name": "g",
                "isAsync": True,
                "parameters": [{"name": "b", "type": "?string"}],
                "result": "i64",
            },
        ]
    )
    assert answer[0]["selectionRange"] == snapshot(
        {"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 4}}
    )


def test_functions_of_a_file_on_disk(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "some.zyntax"
    file.write_text("async fn test_it() void {}\n", encoding="utf-8")
    answer = session.request("zyn/functions", {"textDocument": {"uri": file.as_uri()}})
    assert [one["name"] for one in answer] == ["test_it"]
    named = {"textDocument": {"uri": file.as_uri()}, "function": "test_it"}
    assert session.request("zyn/stateMachine", named)["function"] == "test_it"
    gone = {"textDocument": {"uri": (tmp_path / "gone.zyntax").as_uri()}}
    assert session.error("zyn/functions", gone)[0] == -32602


def test_an_edit_names_the_version_for_clients_that_check_it() -> None:
    session = Session()
    session.initialize({"workspace": {"workspaceEdit": {"documentChanges": True}}})
    session.open(GOOD, version=3)
    edit = session.request("textDocument/rename", {**at(0, 3), "newName": "g"})
    assert edit["documentChanges"][0]["textDocument"] == {"uri": URI, "version": 3}


def test_snippets_only_for_clients_that_can() -> None:
    plain, rich = Session(), Session()
    plain.initialize()
    item = {"completion": {"completionItem": {"snippetSupport": True}}}
    rich.initialize({"textDocument": item})
    found = []
    for session in (plain, rich):
        session.open(TWO)
        items = session.request("textDocument/completion", at(6, 20))["items"]
        found.append(next(i["textEdit"]["newText"] for i in items if i["label"] == "wait"))
    assert found == ["wait", "wait(${1:n})$0"]
