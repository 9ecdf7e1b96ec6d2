"""Write the files of editors/neovim that are made from others: queries, syntax file, help tags.

    python dev/gen_neovim.py [FOLDER]

The queries are those of the grammar with two changes for Neovim: `#match?` becomes `#lua-match?`,
which needs no regular expression engine of Vim, and `@spell` comes last, since Neovim takes the
last highlight of a node.  The syntax file highlights where no tree-sitter parser can be loaded:
its words come from the same highlight query and from the rules of the grammar.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = ROOT / "editors" / "neovim"
GRAMMAR = ROOT / "tree-sitter-grammar" / "zyntax"

# Vim's classic highlight groups for the captures whose words the syntax file needs.
GROUPS = {
    "keyword": "StorageClass",
    "keyword.conditional": "Conditional",
    "keyword.coroutine": "Keyword",
    "keyword.function": "Keyword",
    "keyword.operator": "Operator",
    "keyword.repeat": "Repeat",
    "keyword.return": "Statement",
    "keyword.type": "Structure",
    "type.builtin": "Type",
}
LITERALS_WITH_CAPTURE = re.compile(r'((?:"[^"\s]+"\s*)+)\]?\s*@([\w.]+)')
WORD = re.compile(r"[A-Za-z]\w*")
MATCH = re.compile(r'#match\? (@[\w.]+) "([^"\\]*)"')


def files() -> dict[str, str]:
    """Every generated file by its path in the plugin."""
    made = {
        f"queries/zyntax/{path.name}": query(path) for path in sorted(GRAMMAR.glob("queries/*.scm"))
    }
    made["syntax/zyntax.vim"] = syntax()
    made["doc/tags"] = tags((PLUGIN / "doc" / "zyn.txt").read_text(encoding="utf-8"))
    return made


def query(path: Path) -> str:
    """A query of the grammar as nvim-treesitter wants it."""
    text = path.read_text(encoding="utf-8")
    text = MATCH.sub(r'#lua-match? \1 "\2"', text)
    text = text.replace("@spell @comment", "@comment @spell")
    origin = path.relative_to(ROOT).as_posix()
    return f"; Made from {origin} by dev/gen_neovim.py.\n\n{text}"


def syntax() -> str:
    """The syntax file."""
    lines = [
        '" Highlighting without tree-sitter.  Made by dev/gen_neovim.py from the grammar.',
        "if exists('b:current_syntax')",
        "  finish",
        "endif",
        "",
    ]
    words = keywords()
    for capture, group in sorted(GROUPS.items()):
        name = f"zyntax{''.join(part.title() for part in capture.split('.'))}"
        lines.append(f"syntax keyword {name} {' '.join(sorted(words[capture]))}")
        lines.append(f"highlight default link {name} {group}")
    lines += [
        "syntax keyword zyntaxBoolean " + " ".join(literals("boolean")),
        "syntax keyword zyntaxNull " + " ".join(literals("null")),
        r"syntax match zyntaxNumber '\<\d\+\>'",
        r"syntax match zyntaxFloat '\<\d\+\.\d\+\%([eE][+-]\?\d\+\)\?\>'",
        r"syntax match zyntaxConstant '\<[A-Z][A-Z0-9_]\+\>'",
        r"syntax match zyntaxFunction '\<\h\w*\>\ze\s*('",
        r"""syntax match zyntaxEscape contained '\\[nrt\\"0]'""",
        """syntax region zyntaxString start='"' end='"' oneline contains=zyntaxEscape""",
        "syntax match zyntaxComment '//.*$' contains=@Spell",
        r"syntax region zyntaxComment start='/\*' end='\*/' contains=@Spell",
        "highlight default link zyntaxBoolean Boolean",
        "highlight default link zyntaxNull Constant",
        "highlight default link zyntaxNumber Number",
        "highlight default link zyntaxFloat Float",
        "highlight default link zyntaxConstant Constant",
        "highlight default link zyntaxFunction Function",
        "highlight default link zyntaxEscape SpecialChar",
        "highlight default link zyntaxString String",
        "highlight default link zyntaxComment Comment",
        "",
        "let b:current_syntax = 'zyntax'",
    ]
    return "\n".join(lines) + "\n"


def keywords() -> dict[str, set[str]]:
    """The words of each capture: what the highlight query names, and the built-in types."""
    found: dict[str, set[str]] = {capture: set() for capture in GROUPS}
    text = (GRAMMAR / "queries" / "highlights.scm").read_text(encoding="utf-8")
    for run, capture in LITERALS_WITH_CAPTURE.findall(text):
        for word in re.findall(r'"([^"]+)"', run):
            if capture in found and WORD.fullmatch(word):
                found[capture].add(word)
    found["type.builtin"].update(literals("primitive_type"))
    return found


def literals(rule: str) -> list[str]:
    """The texts among which a rule of the grammar chooses."""
    grammar = json.loads((GRAMMAR / "src" / "grammar.json").read_text(encoding="utf-8"))
    body = grammar["rules"][rule]
    members = body["members"] if body["type"] == "CHOICE" else [body]
    return [member["value"] for member in members]


def tags(text: str) -> str:
    """What `:helptags` makes of the help file, so that `:help zyn` works from the first start."""
    names = sorted(re.findall(r"(?<!\S)\*([^\s*|]+)\*(?!\S)", text))
    return "".join(f"{name}\tzyn.txt\t/*{name}*\n" for name in names)


def main() -> None:
    """Write the files, into another folder where one is given."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PLUGIN
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
