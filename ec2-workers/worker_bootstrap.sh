#!/usr/bin/env bash
# User data of a worker: gets a Python and the bundle, and leaves the rest to lib.sh in it.
# Ubuntu 22.04 and 24.04, as root; docs/architecture.md, "The fleet", has the variables.
set -euo pipefail
readonly ROLE=worker

# shellcheck source=bootstrap.sh
source ./bootstrap.sh

# The head notices that a worker is missing; nobody else waits for it.
on_failure() { :; }

step packages install_missing
step bundle fetch_bundle
# shellcheck source=lib.sh
source "$INSTALL_DIR/bundle/ec2-workers/lib.sh"
