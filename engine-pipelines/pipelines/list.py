"""Print all mistakes, all optimizations, and which engine has which, as JSON: `python -m pipelines.list`."""

import json

from pipelines.engines import ENGINES
from pipelines.mistakes import MISTAKES
from pipelines.optimizations import OPTIMIZATIONS
from pipelines.switches import SWITCHES

engines = {
    name: {"module": engine.module, "switches": [s.name for s in SWITCHES.values() if engine.follows >= set(s.choices)]}
    for name, engine in ENGINES.items()
}
print(
    json.dumps(
        {
            "mistakes": [mistake._asdict() for mistake in MISTAKES],
            "optimizations": [optimization._asdict() for optimization in OPTIMIZATIONS],
            "engines": engines,
        }
    )
)
