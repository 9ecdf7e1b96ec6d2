"""Tests of the language server: answers as pictures of their source, and a few whole sessions."""
