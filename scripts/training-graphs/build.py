"""Makes src/workloads/cnn/graphs.json, or looks whether it is what would be made.

uv run --locked --project scripts/training-graphs python scripts/training-graphs/build.py [--check]
"""

import base64
import gzip
import hashlib
import json
import sys
from pathlib import Path

from agreement import worst_difference
from graphs import GRAPHS
from networks import NETWORKS

FILE = Path(__file__).parents[2] / "src/workloads/cnn/graphs.json"

SIDES = (8, 28, 32)
"""Width and height of images: of the sample digits, of MNIST, and of CIFAR."""

MOST_DIFFERENCE = {"small": 1e-5, "resnet18": 1e-3}
"""Between a step of the graph and one of JAX: sums of many products are added in another order."""


def main(is_check: bool) -> int:
    graphs = {
        f"{name}-{side}-{kind}": make(name, side).SerializeToString(deterministic=True)
        for name in NETWORKS
        for side in SIDES
        for kind, make in GRAPHS.items()
    }
    for name, most in MOST_DIFFERENCE.items():
        difference = worst_difference(name, SIDES[0], graphs[f"{name}-{SIDES[0]}-training"])
        print(f"a step of {name} differs from that of JAX by {difference:.1e} of its length")
        if difference > most:
            print(f"Expected at most {most}: look for a rule in to_onnx.py that is wrong.")
            return 1
    hashes = {name: hashlib.sha256(graph).hexdigest() for name, graph in graphs.items()}
    if is_check:
        known = {name: graph["sha256"] for name, graph in json.loads(FILE.read_bytes()).items()}
        wrong = sorted(name for name in known.keys() | hashes.keys() if known.get(name) != hashes.get(name))
        print(f"{len(hashes)} graphs, {len(wrong)} of which differ from {FILE.name}", *wrong)
        return 1 if wrong else 0
    packed = {
        name: {"sha256": hashes[name], "gzip": base64.b64encode(gzip.compress(graph, 9, mtime=0)).decode()}
        for name, graph in graphs.items()
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(packed, indent=2) + "\n")
    print(f"{FILE} has {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
