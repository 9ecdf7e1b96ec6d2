"""zyn.runtime says what zynrt.h and zynrt.def say."""

import ctypes
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.repository import ROOT
from zyn.runtime import abi, load, structs

INCLUDE = ROOT / "runtime" / "include"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

# How a C type looks to ctypes, as far as size and kind go.
KINDS = {
    "uint32_t": ctypes.c_uint32,
    "int32_t": ctypes.c_int32,
    "uint64_t": ctypes.c_uint64,
    "int64_t": ctypes.c_int64,
    "uintptr_t": ctypes.c_uint64,
    "int": ctypes.c_int,
    "void": None,
}


def header() -> str:
    return COMMENT.sub("", (INCLUDE / "zynrt.h").read_text(encoding="utf-8"))


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gen_abi", ROOT / "dev" / "gen_abi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_file_is_fresh() -> None:
    expected = generator().generate(
        (INCLUDE / "zynrt.def").read_text(encoding="utf-8"),
        (INCLUDE / "zynrt.h").read_text(encoding="utf-8"),
    )
    assert Path(abi.__file__).read_text(encoding="utf-8") == expected, "run dev/gen_abi.py"


@pytest.mark.parametrize("name", sorted(abi.STRUCTS))
def test_structures_lie_as_the_table_says(name: str) -> None:
    structure = getattr(structs, name)
    layout = abi.STRUCTS[name]
    assert ctypes.sizeof(structure) == layout.size
    offsets = {field[0]: getattr(structure, field[0]).offset for field in structure._fields_}
    assert offsets == layout.offsets


@pytest.mark.parametrize("name", ["ZynOptions", "ZynTaskInfo", "ZynError", "ZynDyn", "ZynWaker"])
def test_structures_have_the_fields_of_the_header(name: str) -> None:
    body = re.search(rf"typedef struct {name} \{{(.*?)\n\}} {name};", header(), re.DOTALL)
    assert body is not None
    fields = []
    for declaration in filter(None, (part.strip() for part in body[1].split(";"))):
        *words, field = declaration.replace("_Atomic ", "").replace("*", " * ").split()
        if not field.endswith("[]"):
            pointer = "*" in words or words[-1].endswith("Fn")
            kind = ctypes.c_void_p if pointer else KINDS[words[-1]]
            fields.append((field, kind))
    assert [tuple(field) for field in getattr(structs, name)._fields_] == fields


def declared_functions() -> dict[str, list[object]]:
    """Result and parameters of every function of the header, reduced to ctypes kinds."""
    functions: dict[str, list[object]] = {}
    for result, name, parameters in re.findall(
        r"^ZYN_API ([^;(]*?)(zyn_\w+)\(((?:[^()]|\([^()]*\))*)\);", header(), re.MULTILINE
    ):
        kinds: list[object] = [c_kind(result)]
        if parameters.strip() != "void":
            kinds += [c_kind(part) for part in re.split(r",(?![^()]*\))", parameters)]
        functions[name] = kinds
    return functions


def c_kind(text: str) -> object:
    words = text.replace("*", " * ").replace("const ", "").split()
    if "*" in words or "(" in text or "Fn" in words[0]:
        return ctypes.c_void_p
    if words[0] == "ZynWaker":
        return structs.ZynWaker
    return KINDS[words[0].removeprefix("ZynSite") or "uint64_t"]


def python_kind(kind: object) -> object:
    """Every pointer counts as one kind."""
    is_pointer = isinstance(kind, type) and issubclass(kind, ctypes._Pointer)
    return ctypes.c_void_p if is_pointer or kind is ctypes.c_char_p else kind


def test_every_function_has_its_prototype() -> None:
    declared = declared_functions()
    assert len(declared) > 80
    host = {
        name: [python_kind(kind) for kind in kinds] for name, kinds in load._HOST_FUNCTIONS.items()
    }
    assert {name: declared[name] for name in host} == host
    assert set(declared) == set(host) | set(load.COMPILED_FUNCTIONS)


def test_the_library_is_the_one_described() -> None:
    native = load.library()
    assert native.zyn_abi_version() == abi.ABI_VERSION
    assert len(load.symbol_addresses()) == len(load.COMPILED_FUNCTIONS)


def test_a_library_that_is_nowhere_is_an_error_with_advice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZYN_NATIVE_DIR", str(tmp_path))
    with pytest.raises(load.NativeLibraryError, match="make build"):
        load.library_path()


def test_a_file_that_is_no_library_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZYN_NATIVE_DIR", str(tmp_path))
    name = load._LIBRARY_NAMES.get(sys.platform, "libzynrt.so")
    (tmp_path / name).write_bytes(b"not a library")
    with pytest.raises(load.NativeLibraryError, match="cannot be loaded"):
        load._load(load.library_path())
