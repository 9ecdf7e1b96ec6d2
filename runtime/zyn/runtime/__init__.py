"""Find, load and describe the native task runtime."""
