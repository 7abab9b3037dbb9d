"""Engines: `python -m engines.<name>` does what of a manifest is not done yet. Each is one small file."""
