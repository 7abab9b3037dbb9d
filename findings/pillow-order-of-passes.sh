#!/usr/bin/env bash
# Pillow 13 resizes some images to other bytes than Pillow 12 does, with the same filter.
#
# One would guess: what resize() gives has been the same for years, so that features and checksums of resized images that
#   were made with one version can be compared with those of another.
# What happens: an image is resized along rows and along columns in two passes, with a rounding to 8 bits after each. Pillow 12
#   always begins along rows. Pillow 13 begins along columns where the height shrinks, and by more than twice as many pixels as the
#   width does; that rounds otherwise. A photograph of 500 x 375 or 375 x 500 to a shorter side of 256 is not concerned, a tall one to a square is.
# Seen with Pillow 12.3.0 and 13.0.0 on Python 3.11, random pixels, bilinear:
#   500x375 to 341x256: 0 of 261888 values differ
#   375x500 to 256x341: 0 of 261888 values differ
#   300x2000 to 256x256: 37887 of 196608 values differ, by 1 at most
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/resize.py" <<'PYTHON'
import sys

import numpy as np
from PIL import Image

SIZES = [((500, 375), (341, 256)), ((375, 500), (256, 341)), ((300, 2000), (256, 256))]
random = np.random.default_rng(1)
resized = {}
for size, to in SIZES:
    image = Image.fromarray(random.integers(0, 256, (*reversed(size), 3), dtype=np.uint8))
    resized["{}x{} to {}x{}".format(*size, *to)] = np.asarray(image.resize(to, Image.Resampling.BILINEAR))
np.savez(sys.argv[1], **resized)
PYTHON
for version in 12.3.0 13.0.0; do
  python3 -m venv "$work/$version"
  "$work/$version/bin/pip" install --quiet --disable-pip-version-check pillow==$version numpy==2.4.6
  "$work/$version/bin/python" "$work/resize.py" "$work/$version.npz"
done
seen=$("$work/13.0.0/bin/python" - "$work/12.3.0.npz" "$work/13.0.0.npz" <<'PYTHON'
import sys

import numpy as np

old, new = map(np.load, sys.argv[1:])
for name in old:
    apart = np.abs(old[name].astype(int) - new[name])
    by = f", by {apart.max()} at most" if apart.any() else ""
    print(f"{name}: {np.count_nonzero(apart)} of {apart.size} values differ{by}")
PYTHON
)
echo "$seen"
[ "$seen" = "500x375 to 341x256: 0 of 261888 values differ
375x500 to 256x341: 0 of 261888 values differ
300x2000 to 256x256: 37887 of 196608 values differ, by 1 at most" ]
