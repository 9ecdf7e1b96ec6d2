"""The language server: protocol messages in and out of zyn.ide."""
