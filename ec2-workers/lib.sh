#!/usr/bin/env bash
# The boot from the bundle on, for head and workers: sourced by both boot scripts, which define what it uses.
set -euo pipefail

readonly UV_VERSION=0.13.8
readonly BUNDLE=$INSTALL_DIR/bundle

add_swap() {
  local file=/swapfile
  if ((EUID != 0)) || [[ -n ${FANFLEET_HOST_ROOT:-} ]]; then
    echo "[fanfleet] no swap: this host owns no machine"
    return
  fi
  fallocate -l "${FANFLEET_SWAP_GIB}G" "$file"
  chmod 600 "$file"
  mkswap "$file" >/dev/null
  swapon "$file"
}

# Whether the environment of the image is of this uv.lock, and has the engine and what runs models: all, unless it names them.
image_fits() {
  local venv=${FANFLEET_IMAGE_VENV:-} lock has
  lock=$(sha256sum <"$BUNDLE/uv.lock")
  [[ -n $venv && -r $venv/.fanfleet-lock && $(<"$venv/.fanfleet-lock") == "${lock%% *}" ]] || return 1
  [[ -r $venv/.fanfleet-engines ]] || return 0
  has=" $(<"$venv/.fanfleet-engines") "
  [[ $has == *" $FANFLEET_ENGINE "* ]] && [[ -z ${FANFLEET_MODELS:-} || $has == *" models "* ]]
}

# Sets VENV to an environment of the packages of uv.lock: that of the image, else with what this engine needs. While an image
# is made, FANFLEET_ENGINE has several, with spaces between them.
make_environment() {
  local groups
  if image_fits; then
    VENV=$FANFLEET_IMAGE_VENV
    return
  fi
  VENV=$INSTALL_DIR/venv
  if ! "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
    install_packages "$("$PYTHON" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  fi
  "$PYTHON" -m venv "$INSTALL_DIR/uv"
  "$INSTALL_DIR/uv/bin/pip" install -q --disable-pip-version-check --only-binary :all: "uv==$UV_VERSION"
  read -ra groups <<<"$FANFLEET_ENGINE ${FANFLEET_MODELS:+models}"
  UV_PROJECT_ENVIRONMENT=$VENV UV_PYTHON=$PYTHON UV_PYTHON_DOWNLOADS=never \
    "$INSTALL_DIR/uv/bin/uv" sync --project "$BUNDLE" --locked --no-default-groups \
    --group engines "${groups[@]/#/--group=}"
}

run_job() {
  cd "$BUNDLE/ec2-workers"
  export PYTHONPATH=$PWD AWS_DEFAULT_REGION=$FANFLEET_REGION
  # boto3 asks for credentials once and for one second; then every process that has just started fails on a busy host.
  export AWS_METADATA_SERVICE_TIMEOUT=5 AWS_METADATA_SERVICE_NUM_ATTEMPTS=6
  if [[ -n ${FANFLEET_ENDPOINT_URL:-} ]]; then export AWS_ENDPOINT_URL=$FANFLEET_ENDPOINT_URL; fi
  if [[ -n ${FANFLEET_EC2_ENDPOINT_URL:-} ]]; then export AWS_ENDPOINT_URL_EC2=$FANFLEET_EC2_ENDPOINT_URL; fi
  "$VENV/bin/python" -m "fanfleet.$ROLE"
}

if ((${FANFLEET_SWAP_GIB:-0} > 0)); then step swap add_swap; fi
step environment make_environment
step job run_job
