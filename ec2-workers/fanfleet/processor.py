"""What processor a batch is done on, and which instructions it has: models of floating point may depend on them."""

import json
import platform
import re
from functools import cache
from pathlib import Path

ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
"""As Linux names them, and as Node does."""


def processor_of(cpuinfo: str, architecture: str) -> dict[str, str] | None:
    """`Processor` of src/contract/processor.ts by the text of /proc/cpuinfo, as `processorOf` there.

    None where it does not say which instructions there are.
    """
    fields: dict[str, str] = {}
    for line in cpuinfo.split("\n"):
        name, *value = re.split(r"\s*:\s*", line, maxsplit=1)
        fields.setdefault(name, "".join(value).strip())
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    facts = json.loads((Path(__file__).parent.parent / "processors.json").read_text())
    extensions = facts["extensions"].get(architecture)
    if extensions is None or len(flags) < 2:
        return None
    there = [name for name, needed in extensions.items() if set(needed) <= set(flags)]
    part = f"{fields.get('CPU implementer', '?')} {fields.get('CPU part', '?')}"
    name = fields.get("model name") or facts["parts"].get(part, f"part {part}")
    return {"name": name, "kind": " ".join([architecture, *there])}


@cache
def own_processor() -> dict[str, str] | None:
    """That of this machine; None where it is not known, as on systems other than Linux."""
    try:
        return processor_of(Path("/proc/cpuinfo").read_text(), ARCHITECTURES.get(platform.machine(), ""))
    except OSError:
        return None
