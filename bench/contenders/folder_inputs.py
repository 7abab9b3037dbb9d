"""Files that workers of a run are given, from a folder."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


class FolderInputs:
    """As `Inputs` of fanfleet: the files by their names, and what was made of them."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._made: dict[str, Any] = {}

    def get(self, name: str, _form: str, make: Callable[[bytes], Any], _times: int = 1) -> Any:
        if name not in self._made:
            self._made[name] = make(self._files[name].read_bytes())
        return self._made[name]
