#!/usr/bin/env bash
# dask-ml's K-Means of images of bytes gives centres that are cut to bytes, and then predicts other labels than its own.
#
# One would guess: a centre is a mean, so a fraction, whatever type the pixels have, as scikit-learn has it; and for the
#   images that it was fitted to, predict() gives labels_.
# What happens: the iterations have fractions, so that labels_ are right, but at the end the centres get the type of the
#   data. With uint8 or uint16 each loses its fraction, and predict() measures from there. Convert to float64 before fit().
# Seen with dask-ml 2025.1.0, dask 2026.8.0 and scikit-learn 1.9.1 on Python 3.11, digits of 17 levels, 10 clusters:
#   dask-ml uint8: centres of uint8, predict() has 7 of 1797 labels that labels_ has not
#   dask-ml float64: centres of float64, predict() has 0 of 1797 labels that labels_ has not
#   scikit-learn uint8: centres of float64, predict() has 0 of 1797 labels that labels_ has not
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  dask-ml==2025.1.0 'dask[array]==2026.8.0' distributed==2026.8.0 scikit-learn==1.9.1 numpy==2.4.6
cat >"$work/try.py" <<'PYTHON'
import dask
import dask.array as da
import dask_ml.cluster
import numpy as np
import sklearn.cluster
from sklearn.datasets import load_digits

dask.config.set(scheduler="threads", num_workers=2)
levels = load_digits().data


def show(name, kmeans, images, images_of):
    model = kmeans(n_clusters=10, init=images[:10]).fit(images_of(images))
    others = np.asarray(model.predict(images_of(images))) != np.asarray(model.labels_)
    print(
        f"{name} {images.dtype}: centres of {model.cluster_centers_.dtype}, "
        f"predict() has {others.sum()} of {len(images)} labels that labels_ has not"
    )


def chunked(images):
    return da.from_array(images, chunks=(450, -1))


show("dask-ml", dask_ml.cluster.KMeans, levels.astype(np.uint8), chunked)
show("dask-ml", dask_ml.cluster.KMeans, levels, chunked)
show("scikit-learn", sklearn.cluster.KMeans, levels.astype(np.uint8), lambda images: images)
PYTHON
seen=$(PYTHONWARNINGS=ignore "$work/venv/bin/python" "$work/try.py")
echo "$seen"
[ "$seen" = "dask-ml uint8: centres of uint8, predict() has 7 of 1797 labels that labels_ has not
dask-ml float64: centres of float64, predict() has 0 of 1797 labels that labels_ has not
scikit-learn uint8: centres of float64, predict() has 0 of 1797 labels that labels_ has not" ]
