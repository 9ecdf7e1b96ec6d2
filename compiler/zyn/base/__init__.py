"""Spans, ids, diagnostics and tracing: the words that every other package shares."""
