"""Functions in machine code, made from LLVM's own language when they are first needed.

Compiling takes some ten milliseconds, so nothing is kept on disk: no folder has to be writable, no
stale code can be loaded, and jobs that start together do not wait for each other. LLVM neither
fuses nor reorders floating-point operations unless told to, so results are the same bits on every
machine.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from threading import Lock

from llvmlite import binding as llvm
from llvmlite import ir

_SPEED_LEVEL = 2

_compiling = Lock()
_loaded: list[llvm.ExecutionEngine] = []

_ARGUMENTS = {ir.IntType(64): ctypes.c_int64, ir.PointerType(): ctypes.c_void_p}


def compiled(function: ir.Function) -> Callable[..., None]:
    """Compile a function and everything in its module for this machine's processor.

    Parameters
    ----------
    function
        Takes addresses and 64-bit integers, and returns nothing.

    Returns
    -------
    Callable
        Takes integers; releases Python's lock while it runs, so threads run side by side.
    """
    arguments = [_ARGUMENTS[argument.type] for argument in function.args]
    with _compiling:
        module = llvm.parse_assembly(str(function.module))
        module.verify()
        engine = llvm.create_mcjit_compiler(module, _target_machine())
        engine.finalize_object()
        _loaded.append(engine)  # its code lives as long as the engine
    return ctypes.CFUNCTYPE(None, *arguments)(engine.get_function_address(function.name))


@cache
def _prepare_llvm() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def _target_machine() -> llvm.TargetMachine:
    """A new one each time, since the engine that compiles with it becomes its owner."""
    _prepare_llvm()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=_SPEED_LEVEL,
    )
