"""A name for a choice that makes a pipeline worse or better."""

from typing import Any, NamedTuple


class Switch(NamedTuple):
    name: str
    what: str
    expected: str
    """What it was expected to do, before it was measured."""
    choices: dict[str, Any]
    """Fields of `Choices` with the values that they get."""
    needs: tuple[str, ...] = ()
    """Other switches without which it does nothing: it is measured beside them."""
