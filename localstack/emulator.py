"""MiniStack, with the four Step Functions fields that it ignores and fanfleet needs.

MiniStack 1.5.33 reads `MaxConcurrency`, `ToleratedFailurePercentage` and `TimeoutSeconds`, but not their `...Path`
forms, and never enforces `HeartbeatSeconds`. In AWS all of them work. Without them an offline run would start one
Lambda process per batch, and a dead head would be waited for in vain. `test/integration/emulator.test.ts` checks
each one, so a MiniStack that changes underneath is noticed.
"""

import contextvars
import threading
import time
from datetime import datetime

from ministack.app import main
from ministack.services import stepfunctions as sfn

PATH_FIELDS = ("MaxConcurrency", "ToleratedFailurePercentage", "TimeoutSeconds", "HeartbeatSeconds")
HEARTBEAT_POLL_S = 0.5

run_distributed_map = sfn._run_distributed_map
execute_task = sfn._execute_task
invoke_with_callback = sfn._invoke_with_callback


def resolved(state: dict, raw_input: object, ctx: dict) -> dict:
    """The state with each `<Field>Path` replaced by the value that it points to."""
    values = {
        field: sfn._resolve_path_or_ctx(state[f"{field}Path"], raw_input, ctx)
        for field in PATH_FIELDS
        if f"{field}Path" in state
    }
    return {**state, **values} if values else state


def distributed_map(state, raw_input, effective, iterator, execution, ctx):
    return run_distributed_map(resolved(state, raw_input, ctx), raw_input, effective, iterator, execution, ctx)


def task(state, raw_input, execution, ctx):
    return execute_task(resolved(state, raw_input, ctx), raw_input, execution, ctx)


def callback(resource, input_data, token, state):
    seconds = state.get("HeartbeatSeconds")
    if seconds:
        # A thread has none of the context variables that say which account and region this is.
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(watch, token, float(seconds)), daemon=True).start()
    return invoke_with_callback(resource, input_data, token, state)


def watch(token: str, seconds: float) -> None:
    """Fail the task as AWS does when its heartbeats stop."""
    started = time.time()
    while True:
        time.sleep(HEARTBEAT_POLL_S)
        info = sfn._task_tokens.get(token)
        if info is None:
            if time.time() - started > seconds:
                return
            continue
        if info["event"].is_set():
            return
        last = datetime.fromisoformat(info["heartbeat"]).timestamp() if info["heartbeat"] else started
        if time.time() - last > seconds:
            info["error"] = {"Error": "States.HeartbeatTimeout", "Cause": f"No heartbeat for {seconds:g} s"}
            info["event"].set()
            return


sfn._run_distributed_map = distributed_map
sfn._execute_task = task
sfn._invoke_with_callback = callback

if __name__ == "__main__":
    main()
