"""The debug adapter: protocol messages in and out of zyn.debug."""
