"""The debugger engine: tasks, frames, stops and breakpoints."""
