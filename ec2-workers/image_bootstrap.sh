#!/usr/bin/env bash
# User data of the instance that becomes a machine image (scripts/bake-ami.ts): what head and workers do at each boot, once
# and for every engine. The instance stops when it is done, well or not; a receipt in S3 says which.
set -euo pipefail
readonly ROLE=image

# shellcheck source=bootstrap.sh
source ./bootstrap.sh

# Without a receipt the image is not made; the console says why.
on_failure() { :; }

step packages install_missing
step bundle fetch_bundle
# shellcheck source=lib.sh
source "$INSTALL_DIR/bundle/ec2-workers/lib.sh"
