"""Editor features as plain values, without a protocol type in them."""
