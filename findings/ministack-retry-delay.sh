#!/usr/bin/env bash
# MiniStack's Step Functions take a Retry with MaxDelaySeconds, and wait without heeding it.
#
# One would guess: with IntervalSeconds 1, BackoffRate 10 and MaxDelaySeconds 2 the waits before two further tries are 1 s
#   and 2 s, as in AWS, so that a test against the emulator sees the schedule that the machine will have.
# What happens: the field is accepted and ignored, and the second wait is 10 s: how long a machine retries has to be
#   computed, or the emulator be taught.
# Seen with ministack 1.5.33 on Python 3.11:
#   waits of 1 s and 10 s
set -euo pipefail
work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'ministack[full]==1.5.33' boto3
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(
  cd "$work"
  exec env BIND_HOST=127.0.0.1 MINISTACK_HOST=127.0.0.1 GATEWAY_PORT="$port" IOT_MTLS_ENABLED=0 SFTP_ENABLED=0 \
    "$work/venv/bin/ministack" >"$work/log" 2>&1
) &
server=$!
cat >"$work/try.py" <<'PYTHON'
import json
import sys
import time

import boto3

sfn = boto3.client(
    "stepfunctions",
    endpoint_url=f"http://127.0.0.1:{sys.argv[1]}",
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
machine = {
    "StartAt": "Call",
    "States": {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "there-is-none"},
            "Retry": [
                {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 10, "MaxAttempts": 1},
            ],
            "End": True,
        }
    },
}
retry = machine["States"]["Call"]["Retry"][0]


def seconds(**fields):
    """How long the machine takes to fail."""
    definition = json.dumps({**machine, "States": {"Call": {**machine["States"]["Call"], "Retry": [{**retry, **fields}]}}})
    name = f"tries-{fields['MaxAttempts']}"
    role = "arn:aws:iam::000000000000:role/r"
    arn = sfn.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    while (seen := sfn.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.1)
    return (seen["stopDate"] - seen["startDate"]).total_seconds()


for _ in range(150):
    try:
        sfn.list_state_machines()
        break
    except Exception:
        time.sleep(0.2)
one = seconds(MaxAttempts=1, MaxDelaySeconds=2)
two = seconds(MaxAttempts=2, MaxDelaySeconds=2)
print(f"waits of {one:.0f} s and {two - one:.0f} s")
PYTHON
seen=$("$work/venv/bin/python" "$work/try.py" "$port")
echo "$seen"
[ "$seen" = "waits of 1 s and 10 s" ]
