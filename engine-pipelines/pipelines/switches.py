"""All mistakes and optimizations by their names."""

from collections.abc import Iterable
from dataclasses import replace

from pipelines.choices import Choices
from pipelines.mistakes import MISTAKES
from pipelines.optimizations import OPTIMIZATIONS

SWITCHES = {switch.name: switch for switch in (*MISTAKES, *OPTIMIZATIONS)}


def choices_of(names: Iterable[str]) -> Choices:
    """The defaults with these switches on, the later ones over the earlier. Raises ValueError for what is none."""
    choices = Choices()
    for name in names:
        if name not in SWITCHES:
            raise ValueError(f"Expected a mistake or an optimization but got {name}: {', '.join(SWITCHES)}.")
        choices = replace(choices, **SWITCHES[name].choices)
    return choices


def with_needs(name: str) -> list[str]:
    """A switch with those that it needs, which come first. Raises KeyError for what is none."""
    return [*(each for need in SWITCHES[name].needs for each in with_needs(need)), name]
