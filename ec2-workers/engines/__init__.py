"""Engines: `python -m engines.<name>` does job after job, of each what is not done yet. Each is one small file."""
