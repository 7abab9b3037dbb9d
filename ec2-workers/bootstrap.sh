#!/usr/bin/env bash
# What head and workers do until the bundle is here. It is written into both boot scripts in place of their `source`
# line, since nothing can be fetched before; they define ROLE before it, and on_failure after it.
# shellcheck disable=SC2154 # ROLE is set by the script that has this
trap 'shutdown -h now' EXIT
shutdown -h "+$(((FANFLEET_DEADLINE_S + 59) / 60))" # the host ends itself, whatever becomes of this script

export HOME=${HOME:-/root} TMPDIR=${TMPDIR:-/tmp}
readonly INSTALL_DIR=${FANFLEET_HOST_ROOT:-}/opt/fanfleet # a host that owns no machine has a folder instead of /
export FANFLEET_LOG=$INSTALL_DIR/boot.log FANFLEET_STEPS=$INSTALL_DIR/steps.tsv
FANFLEET_BOOT_STARTED_AT=${EPOCHREALTIME/[.,]/}
export FANFLEET_BOOT_STARTED_AT=${FANFLEET_BOOT_STARTED_AT%???}
mkdir -p "$INSTALL_DIR/bundle"
: >"$FANFLEET_STEPS"
exec > >(tee "$FANFLEET_LOG") 2>&1
current_step=start
trap 'finish $?' EXIT

finish() {
  if (($1 != 0)); then
    echo "[fanfleet] $ROLE failed in step $current_step (exit status $1)"
    on_failure || echo '[fanfleet] the failure could not be reported'
  fi
  shutdown -h now
}

# step NAME COMMAND...: run it and tell how long it took.
step() {
  current_step=$1
  local begun=${EPOCHREALTIME/[.,]/} took
  "${@:2}"
  took=$(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
  printf '%s\t%s\t%s\n' "$current_step" "$took" "$((begun / 1000))" >>"$FANFLEET_STEPS"
  echo "[fanfleet] $current_step took $took ms"
}

install_packages() {
  if ((EUID != 0)); then
    echo "[fanfleet] Expected $* on this host, or root to install it; put it into the image."
    return 1
  fi
  local apt=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5)
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" update
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --no-install-recommends "$@"
}

# Sets PYTHON to a Python of 3.11 or later: that of the image, else what is installed.
find_python() {
  local name
  for name in ${FANFLEET_IMAGE_VENV:+"$FANFLEET_IMAGE_VENV/bin/python"} python3.13 python3.12 python3.11 python3; do
    PYTHON=$(command -v "$name") && "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' && return
  done
  return 1
}

install_missing() {
  command -v tar >/dev/null || install_packages tar
  # Ubuntu 22.04 has 3.11 beside its 3.10.
  find_python || { install_packages python3.11 python3.11-venv && find_python; }
}

# aws_call SERVICE TARGET: send AWS_BODY, signed with the instance's credentials; the answer goes to stdout. For S3 the
# target is BUCKET/KEY. It needs the standard library alone: boto3 is not here yet, and curl would show the
# credentials in its arguments.
aws_call() {
  "${PYTHON:-python3}" - "$@" <<'PYTHON'
import hashlib, hmac, json, os, sys, time
from urllib import error, parse, request

def http(url, method="GET", headers={}, body=None):
    for pause in (1, 2, 4, 8, 0):
        try:
            with request.urlopen(request.Request(url, body, headers, method=method), timeout=60) as answer:
                return answer.read()
        except error.HTTPError as failure:
            reason = f"{failure} {failure.read()[:300]!r}"
        except OSError as failure:
            reason = failure
        time.sleep(pause)
    sys.exit(f"{method} {url}: {reason}")

def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)

service, target = sys.argv[1:]
region, body = os.environ["FANFLEET_REGION"], os.environ.get("AWS_BODY", "").encode()
imds = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254"
imds = imds.rstrip("/") + "/latest/"
token = http(imds + "api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "300"}).decode()
ask = {"X-aws-ec2-metadata-token": token}
role = imds + "meta-data/iam/security-credentials/"
keys = json.loads(http(role + http(role, headers=ask).decode().split()[0], headers=ask))

base = os.environ.get("FANFLEET_ENDPOINT_URL") or f"https://{service}.{region}.amazonaws.com"
method, path, headers = "POST", "/", {}
if service == "s3":
    method, path, body = "GET", "/" + parse.quote(target), b""
else:
    version = "1.1" if service == "ssm" else "1.0"
    headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
digest = hashlib.sha256(body).hexdigest()
headers.update({"host": parse.urlsplit(base).netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp})
headers["x-amz-security-token"] = keys["Token"]
names = ";".join(sorted(headers))
lines = [f"{name}:{headers[name]}" for name in sorted(headers)]
canonical = "\n".join([method, path, "", *lines, "", names, digest])
scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
key = ("AWS4" + keys["SecretAccessKey"]).encode()
for part in scope.split("/"):
    key = sign(key, part).digest()
credential = f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/{scope}"
headers["authorization"] = f"{credential}, SignedHeaders={names}, Signature={sign(key, to_sign).hexdigest()}"
sys.stdout.buffer.write(http(base.rstrip("/") + path, method, headers, body or None))
PYTHON
}

fetch_bundle() {
  local archive=$INSTALL_DIR/bundle.tar.gz
  aws_call s3 "$FANFLEET_RUNS_BUCKET/$FANFLEET_BUNDLE_KEY" >"$archive"
  sha256sum --check --quiet - <<<"$FANFLEET_BUNDLE_SHA256  $archive"
  tar -xzf "$archive" -C "$INSTALL_DIR/bundle"
}
