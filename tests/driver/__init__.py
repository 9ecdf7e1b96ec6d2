"""Tests of the per-item queries that the editor, the command line and the compiler share."""
