"""The remote's errors as data: TOML tables, one loader and one renderer."""
