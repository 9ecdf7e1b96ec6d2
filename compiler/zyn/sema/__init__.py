"""Names and types of one file, as facts beside its tree."""
