"""Tests of the language server: answers as pictures under their source, and a few whole sessions."""
