"""What is left of a file when parts are cut out or replaced: the twin of src/kernel/formats/pieces.ts."""

from typing import NamedTuple

_JOINED = 1_024
"""Small pieces are joined by so many, since each costs far more than the few bytes that it may have."""


class Piece(NamedTuple):
    """Bytes of a file from `start` up to `end`; not copied."""

    file: bytes
    start: int
    end: int


class Pieces:
    """Places in a file, or copies where a hostile one is cut to shreds."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._done: list[Piece] = []
        self._views: list[Piece] = []
        self._kept = 0

    def cut(self, start: int, end: int) -> None:
        """Cut out the bytes from `start` up to `end`. Cuts come in the order of the file."""
        if start > self._kept:
            self._views.append(Piece(self._data, self._kept, start))
        self._kept = end
        if len(self._views) >= _JOINED:
            joined = joined_pieces(self._views)
            self._done.append(Piece(joined, 0, len(joined)))
            self._views = []

    def replace(self, start: int, end: int, other: bytes) -> None:
        """Put other bytes in the place of those from `start` up to `end`."""
        self.cut(start, end)
        self._views.append(Piece(other, 0, len(other)))

    def up_to(self, end: int) -> list[Piece]:
        """All that was not cut out up to `end`."""
        self.cut(end, end)
        return [*self._done, *self._views]


def joined_pieces(pieces: list[Piece]) -> bytes:
    """All of it in one."""
    return b"".join([memoryview(file)[start:end] for file, start, end in pieces])
