#!/usr/bin/env bash
# Pillow opens a grey TIFF with premultiplied alpha in a mode that none of its usual conversions takes.
#
# One would guess: `Image.open(f).convert("RGBA")`, "RGB" or "L" works for whatever Pillow opens; a TIFF of RGB with
#   premultiplied alpha (ExtraSamples 1, as TIFF 6.0 has it) does convert.
# What happens: grey with such an alpha opens as mode "La", and every conversion but the one to "LA" raises ValueError:
#   `convert("LA")` first. A loader that converts to RGB loses these images, or the run.
# Seen with Pillow 13.0.0 on Python 3.11:
#   grey: mode La; RGB ValueError, RGBA ValueError, L ValueError, LA ok
#   colour: mode RGBA; RGB ok, RGBA ok, L ok, LA ok
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0
cat >"$work/try.py" <<'PYTHON'
import io
import struct

from PIL import Image


def tiff(photometric, samples):
    """Four pixels in one strip, the last sample of each its alpha."""
    pixels = bytes(range(10, 10 + samples)) * 4
    bits_at = 8 + 2 + 11 * 12 + 4
    bits = struct.pack(f"<{samples}H", *[8] * samples)
    strip_at = bits_at + len(bits)
    one = lambda tag, value: struct.pack("<HHIHxx", tag, 3, 1, value)
    bits_entry = (
        struct.pack("<HHI", 258, 3, samples) + (bits if samples == 2 else struct.pack("<I", bits_at))
    )
    entries = [
        one(256, 2), one(257, 2), bits_entry, one(259, 1), one(262, photometric), one(273, strip_at),
        one(277, samples), one(278, 2), one(279, len(pixels)), one(284, 1), one(338, 1),
    ]  # fmt: skip
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4) + bits + pixels


for name, file in ("grey", tiff(1, 2)), ("colour", tiff(2, 4)):
    results = []
    for mode in "RGB", "RGBA", "L", "LA":
        try:
            Image.open(io.BytesIO(file)).convert(mode)
            results.append(f"{mode} ok")
        except ValueError:
            results.append(f"{mode} ValueError")
    print(f"{name}: mode {Image.open(io.BytesIO(file)).mode}; {', '.join(results)}")
PYTHON
seen=$("$work/venv/bin/python" "$work/try.py")
echo "$seen"
[ "$seen" = "grey: mode La; RGB ValueError, RGBA ValueError, L ValueError, LA ok
colour: mode RGBA; RGB ok, RGBA ok, L ok, LA ok" ]
