"""The Python interface: load a module, call it, hold its promises."""
