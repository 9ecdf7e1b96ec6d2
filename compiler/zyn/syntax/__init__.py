"""From concrete trees to syntax trees, one dialect at a time."""
