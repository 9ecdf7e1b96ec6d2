"""The tests of zyn."""
