"""Find, load and describe the native task runtime, and call it safely.

    abi         the numbers and offsets of zynrt.h, generated
    structs     its structures as ctypes sees them
    load        the library itself, with a prototype for every function
    host        a runtime, its promises and its errors as Python objects
    interrupt   Ctrl-C while native code runs

Invariants: an address of compiled code is called nowhere else; nothing here knows a language, a
type of `zyn.sema` or a value of a program: arguments and results are bytes.
"""
