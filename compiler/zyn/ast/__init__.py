"""Frozen syntax trees, one set of node kinds for all languages."""
