"""Tests of the grammars: corpus, queries, incremental parsing, freshness."""
