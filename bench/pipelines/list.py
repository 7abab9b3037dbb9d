"""Print all mistakes and optimizations as JSON: `python -m pipelines.list`."""

import json

from pipelines.mistakes import MISTAKES
from pipelines.optimizations import OPTIMIZATIONS

print(json.dumps({"mistakes": [m._asdict() for m in MISTAKES], "optimizations": [o._asdict() for o in OPTIMIZATIONS]}))
