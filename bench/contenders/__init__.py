"""The Python contenders of the bench, each a module with a `prepare`."""
