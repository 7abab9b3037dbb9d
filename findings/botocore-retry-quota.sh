#!/usr/bin/env bash
# botocore's retry quota is shared by all threads of a client, and since 1.44 it is small.
#
# One would guess: with `total_max_attempts` of 8 each request that S3 answers with 500 is tried up to 8 times,
#   however many requests are under way: 32 GETs that are each refused twice all succeed at their third try.
# What happens: in mode "standard" all requests of a client draw on one quota. botocore 1.43 takes 5 of its 500 for a
#   retry, 1.44 takes 14: after 35 retries of all threads together the rest give up, most of them at their first or second
#   try. Mode "legacy" has no quota. A worker with 16 GETs in flight meets this in any short outage.
# Seen with Python 3.11, boto3 and botocore 1.43.106 and 1.44.8:
#   1.43.106 standard: 32 of 32 GETs done
#   1.44.8 standard: fewer than 32 of 32 GETs done
#   1.44.8 legacy: 32 of 32 GETs done
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/try.py" <<'PYTHON'
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import botocore
from botocore.config import Config

REFUSALS, GETS = 2, 32
asked = Counter()


class Bucket(BaseHTTPRequestHandler):
    """Refuses each key twice, as S3 does for a moment, and then gives it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked[self.path] += 1
        body = b"<Error><Code>InternalError</Code></Error>" if asked[self.path] <= REFUSALS else b"x"
        self.send_response(500 if len(body) > 1 else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
threading.Thread(target=server.serve_forever, daemon=True).start()
s3 = boto3.client(
    "s3",
    endpoint_url=f"http://127.0.0.1:{server.server_port}",
    region_name="us-east-1",
    aws_access_key_id="none",
    aws_secret_access_key="none",
    config=Config(retries={"mode": sys.argv[1], "total_max_attempts": 8}, max_pool_connections=GETS),
)


def get(number):
    try:
        return s3.get_object(Bucket="b", Key=f"{number}")["Body"].read() == b"x"
    except Exception:
        return False


with ThreadPoolExecutor(GETS) as pool:
    done = sum(pool.map(get, range(GETS)))
number = f"{done}" if done == GETS else f"fewer than {GETS}"
print(f"{botocore.__version__} {sys.argv[1]}: {number} of {GETS} GETs done")
PYTHON
for version in 1.43.106 1.44.8; do
  python3 -m venv "$work/$version"
  "$work/$version/bin/pip" install --quiet --disable-pip-version-check "boto3==$version" "botocore==$version"
done
seen=$(
  "$work/1.43.106/bin/python" "$work/try.py" standard
  "$work/1.44.8/bin/python" "$work/try.py" standard
  "$work/1.44.8/bin/python" "$work/try.py" legacy
)
echo "$seen"
[ "$seen" = "1.43.106 standard: 32 of 32 GETs done
1.44.8 standard: fewer than 32 of 32 GETs done
1.44.8 legacy: 32 of 32 GETs done" ]
