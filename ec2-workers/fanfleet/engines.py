"""What each engine is: `engines.json`, which is read by the functions and the command line as well."""

import json
from pathlib import Path
from typing import Any, Literal

ENGINES: dict[str, dict[str, Any]] = json.loads((Path(__file__).parents[1] / "engines.json").read_text("utf-8"))
"""By name. `src/contract/engines.ts` says what the fields mean."""


def dashboard_port(engine: str, of: Literal["cluster", "job"] = "cluster") -> int:
    """Where the head shows what its cluster does, or its job."""
    return ENGINES[engine]["dashboards"][of]
