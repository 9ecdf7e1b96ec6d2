"""Spans, source text, diagnostics and logging: what every other package stands on.

Invariants: nothing of ours is imported here; nothing here reads a file, a clock or the environment
(`zyn.base.log` is handed its setting by a shell).
"""
