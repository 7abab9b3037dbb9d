#!/usr/bin/env bash
# Python's tarfile gives the files of an incremental GNU tar other names than GNU tar does.
#
# One would guess: a tar that GNU tar writes and lists has the same names in Python's tarfile, which knows its format.
# What happens: with --listed-incremental GNU tar keeps two times where a ustar header has the first part of a long name.
#   tarfile takes them for that part, and puts their digits and a slash before each name: files go into folders that never
#   were, and keys that are made of the names are other ones after each dump.
# Seen with GNU tar 1.34 and Python 3.11:
#   GNU tar: d/ d/a.png
#   tarfile: <digits>/d/ <digits>/d/a.png
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
tar --version | head -n 1
python3 --version
mkdir d
echo picture >d/a.png
tar --format=gnu --listed-incremental=snapshot -cf dump.tar d
seen=$(
  echo "GNU tar: $(tar -tf dump.tar | xargs)"
  python3 - <<'PYTHON'
import re
import tarfile

names = [member.name + "/" * member.name.endswith("d") for member in tarfile.open("dump.tar")]
print("tarfile:", *(re.sub(r"^\d{8,}/", "<digits>/", name).replace("//", "/") for name in names))
PYTHON
)
echo "$seen"
[ "$seen" = "GNU tar: d/ d/a.png
tarfile: <digits>/d/ <digits>/d/a.png" ]
