"""The intermediate representation, its checker and its transforms."""
