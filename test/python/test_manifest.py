"""Tests of how a manifest is read."""

import json

from fanfleet.manifest import parse_line, read_lines

NASTY_KEYS = ["a b#c?.png", "q\"u\\o'te].png", "p+%25,[{.png", "é😀\u2028.png", "new\nline.png"]


class TestManifest:
    def test_finds_each_batch_however_the_bytes_are_cut(self):
        batches = [
            {"batch": number, "bytes": 9, "objects": [{"key": key, "size": 9, "etag": '"e"'}]}
            for number, key in enumerate(NASTY_KEYS)
        ]
        lines = [json.dumps(batch, ensure_ascii=False).encode() for batch in batches]
        for text in (b"[\n" + b",\n".join(lines) + b"\n]\n", b"[" + b",\n".join(lines) + b"]"):
            for size in (1, 7, 64, len(text)):
                chunks = [text[start : start + size] for start in range(0, len(text), size)]
                found = list(read_lines(chunks))
                read = [parse_line(text[line.offset : line.offset + line.length]) for line in found]
                assert read == batches
                assert [line.batch for line in found] == list(range(len(batches)))

    def test_an_empty_manifest_has_no_batches(self):
        assert list(read_lines([b"[\n]\n"])) == []
