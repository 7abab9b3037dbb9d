"""MiniStack, with what it leaves out of Step Functions and fanfleet needs, and buckets whose requester pays.

MiniStack 1.5.33 reads `MaxConcurrency`, `ToleratedFailurePercentage` and `TimeoutSeconds`, but not their `...Path`
forms, never enforces `HeartbeatSeconds`, and has no `ResultWriter`. In AWS all of them work. Without them an offline
run would start one Lambda process per batch, a dead head would be waited for in vain, and nobody would know when the
state machine gave out a batch and saw it done. Of a `Retry` it heeds neither `MaxDelaySeconds` nor `JitterStrategy`,
and a function that is throttled fails as `Lambda.Unknown`, which a `Retry` for throttling would not see. Of a bucket
whose requester pays it gives objects to everybody, and S3 to no other account that does not say that it pays.
`test/integration/emulator.test.ts` checks each one, so a MiniStack that changes underneath is noticed.
"""

import contextvars
import json
import os
import random
import threading
import time
from datetime import datetime

import function_limits
from ministack.app import main
from ministack.core.responses import get_account_id
from ministack.services import s3
from ministack.services import stepfunctions as sfn

PATH_FIELDS = ("MaxConcurrency", "ToleratedFailurePercentage", "TimeoutSeconds", "HeartbeatSeconds")
HEARTBEAT_POLL_S = 0.5
CHILD_FIELDS = {
    *("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate", "error", "cause"),
    *("input", "inputDetails", "output", "outputDetails"),
}

run_distributed_map = sfn._run_distributed_map
execute_task = sfn._execute_task
invoke_with_callback = sfn._invoke_with_callback
find_retrier = sfn._find_matching_retrier
call_lambda = sfn._call_lambda
apply_bucket_scope = s3._apply_bucket_scope


def resolved(state: dict, raw_input: object, ctx: dict) -> dict:
    """The state with each `<Field>Path` replaced by the value that it points to."""
    values = {
        field: sfn._resolve_path_or_ctx(state[f"{field}Path"], raw_input, ctx)
        for field in PATH_FIELDS
        if f"{field}Path" in state
    }
    return {**state, **values} if values else state


def distributed_map(state, raw_input, effective, iterator, execution, ctx):
    before = set(sfn._map_runs)
    state = resolved(state, raw_input, ctx)
    try:
        return run_distributed_map(state, raw_input, effective, iterator, execution, ctx)
    finally:
        if "ResultWriter" in state:
            writer = sfn._resolve_params_obj(state["ResultWriter"]["Parameters"], effective, ctx)
            for arn, run in list(sfn._map_runs.items()):
                if arn not in before and run["executionArn"] == execution["executionArn"]:
                    write_results(arn, writer["Bucket"], writer["Prefix"])


def write_results(map_run_arn: str, bucket: str, prefix: str) -> None:
    """What AWS's ResultWriter leaves: the children by their status, and a manifest that says where they are."""
    children: dict[str, list[dict]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
    for child in list(sfn._executions.values()):
        if child.get("mapRunArn") == map_run_arn:
            # ExecutionArn, StartDate, Input, ... as DescribeExecution has them, but with a capital letter.
            known = {name: value for name, value in child.items() if name in CHILD_FIELDS and value is not None}
            children[child["status"]].append({name[0].upper() + name[1:]: value for name, value in known.items()})
    folder = f"{prefix}/{map_run_arn.rpartition(':')[2]}"
    files = {status: [] for status in children}
    for status, found in children.items():
        if found:
            body, key = json.dumps(found).encode(), f"{folder}/{status}_0.json"
            s3._put_object(bucket, key, body, {})
            files[status].append({"Key": key, "Size": len(body)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": map_run_arn, "ResultFiles": files}
    s3._put_object(bucket, f"{folder}/manifest.json", json.dumps(manifest).encode(), {})


def task(state, raw_input, execution, ctx):
    return execute_task(resolved(state, raw_input, ctx), raw_input, execution, ctx)


def retrier_of(retriers, error, counts):
    """The retrier with the wait before this very attempt, since MiniStack knows only the interval and its growth."""
    retrier, index = find_retrier(retriers, error, counts)
    if retrier is None:
        return retrier, index
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** counts.get(index, 0)
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    if retrier.get("JitterStrategy") == "FULL":
        seconds = random.uniform(0, seconds)
    return {**retrier, "IntervalSeconds": seconds, "BackoffRate": 1}, index


def call_function(reference, event):
    try:
        return call_lambda(reference, event)
    except sfn._ExecutionError as error:
        if '"TooManyRequestsException"' in error.cause:
            raise sfn._ExecutionError("Lambda.TooManyRequestsException", error.cause) from error
        raise


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


def bucket_scope(method, bucket, key, headers, *rest, **named):
    owner = s3._bucket_owner_account(bucket) if bucket else None
    is_owner = owner in (None, get_account_id())
    denied = apply_bucket_scope(method, bucket, key, headers, *rest, **named)
    if denied is not None or is_owner or headers.get("x-amz-request-payer") == "requester":
        return denied
    payment = s3._bucket_request_payment_config.get_scoped(owner, None, bucket) or ""
    if "<Payer>Requester</Payer>" not in payment:
        return None
    return s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}/{key}")


sfn._run_distributed_map = distributed_map
sfn._execute_task = task
sfn._invoke_with_callback = callback
sfn._find_matching_retrier = retrier_of
sfn._call_lambda = call_function
s3._apply_bucket_scope = bucket_scope

if __name__ == "__main__":
    if os.environ.get("FANFLEET_FUNCTION_LIMITS") == "lambda":
        function_limits.install()
    main()
