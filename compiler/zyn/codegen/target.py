"""The machine that code is made for, and LLVM's passes over it.

No pass that moves loads may be added to the cheap ones while their loads of the attention word are
plain ones; text for all passes has volatile ones.
The baseline build runs three cheap passes and the fast instruction selector; see `docs/decisions`
for the measurements.  LLVM is initialised on first use, since importing it costs more than parsing
most programs.
"""

import threading
from functools import cached_property
from typing import final

import llvmlite.binding as llvm

_LOCK = threading.Lock()
_ready = False


def _initialise() -> None:
    global _ready
    with _LOCK:
        if not _ready:
            llvm.initialize_native_target()
            llvm.initialize_native_asmprinter()
            llvm.initialize_native_asmparser()
            _ready = True


@final
class Target:
    """The host; `optimise` chooses the passes of the baseline build, a debug build runs none."""

    def __init__(self) -> None:
        _initialise()

    @cached_property
    def machine(self) -> llvm.TargetMachine:
        """LLVM's description of the host, position independent."""
        return llvm.Target.from_default_triple().create_target_machine(
            cpu=self.cpu, features="", opt=0, reloc="pic", codemodel="small", jit=True
        )

    @cached_property
    def optimising_machine(self) -> llvm.TargetMachine:
        """The same, but with the instruction selector that takes its time."""
        return llvm.Target.from_default_triple().create_target_machine(
            cpu=self.cpu, features="", opt=2, reloc="pic", codemodel="small", jit=True
        )

    @cached_property
    def cpu(self) -> str:
        """The host's CPU by LLVM's name."""
        return str(llvm.get_host_cpu_name())

    @cached_property
    def triple(self) -> str:
        """Machine, vendor and system."""
        return str(llvm.get_process_triple())

    @cached_property
    def layout(self) -> str:
        """How the machine lays out memory; without it LLVM would align an i64 to four bytes."""
        return str(self.machine.target_data)

    @property
    def fingerprint(self) -> str:
        """What an object depends on besides its text."""
        version = ".".join(map(str, llvm.llvm_version_info))
        return f"llvm {version} {llvm.get_default_triple()} {self.cpu}"

    def object_code(self, text: str, *, optimise: bool) -> bytes:
        """Compile LLVM text; an error in it is a bug of ours and raises RuntimeError."""
        with _LOCK:
            module = llvm.parse_assembly(f'target datalayout = "{self.layout}"\n{text}')
            if optimise:
                passes = llvm.create_new_module_pass_manager()
                passes.add_sroa_pass()
                passes.add_simplify_cfg_pass()
                options = llvm.create_pipeline_tuning_options(0)
                passes.run(module, llvm.create_pass_builder(self.machine, options))
            return bytes(self.machine.emit_object(module))

    def optimised_code(self, text: str) -> bytes:
        """Compile LLVM text, that of `emit_optimised`, with all passes; see `object_code`."""
        with _LOCK:
            machine = self.optimising_machine
            module = llvm.parse_assembly(f'target datalayout = "{self.layout}"\n{text}')
            builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(2))
            builder.getModulePassManager().run(module, builder)
            return bytes(machine.emit_object(module))
