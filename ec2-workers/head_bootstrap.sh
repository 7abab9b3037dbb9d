#!/usr/bin/env bash
# User data of the head: gets a Python and the bundle, and leaves the rest to lib.sh in it.
# Ubuntu 22.04 and 24.04, as root; docs/architecture.md, "The fleet", has the variables.
set -euo pipefail
readonly ROLE=head

# shellcheck source=bootstrap.sh
source ./bootstrap.sh

# Tells Step Functions, which waits for this head.
on_failure() {
  local answer failure
  answer=$(AWS_BODY="{\"Name\":\"$FANFLEET_PARAMETER\",\"WithDecryption\":true}" aws_call ssm AmazonSSM.GetParameter)
  failure=$("${PYTHON:-python3}" -c '
import json, os, sys
token = json.loads(json.load(sys.stdin)["Parameter"]["Value"])["taskToken"]
with open(os.environ["FANFLEET_LOG"], errors="replace") as log:
    cause = f"step {sys.argv[1]}: {log.read()[-700:]}"
print(json.dumps({"taskToken": token, "error": "BootFailed", "cause": cause}))
' "$current_step" <<<"$answer")
  AWS_BODY=$failure aws_call states AWSStepFunctions.SendTaskFailure
}

step packages install_missing
step bundle fetch_bundle
# shellcheck source=lib.sh
source "$INSTALL_DIR/bundle/ec2-workers/lib.sh"
