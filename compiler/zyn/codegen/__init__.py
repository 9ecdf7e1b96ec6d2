"""From the intermediate representation to LLVM text."""
