"""Imports without what they can do without."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Modules of these names are not found meanwhile, unless they are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # as importlib has it
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
