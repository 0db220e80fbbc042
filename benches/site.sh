# What the scripts here share; each reads it with `source`.
# shellcheck shell=bash

# A TCP port of this machine that nobody uses at present.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# FOLDER ANCHOR: our activities, templates and a config whose edition 1 is due at midnight of that day. What comes on standard
# input stands at the end of the config.
site() {
  cp -r activities templates "$1"
  {
    cat <<CONFIG
[service]
name = "Online Safety at Home"
from = "Online Safety at Home <activities@example.org>"
postal_address = "1 High Street, Anytown AB1 2CD"
base_url = "https://activities.example.org"
[schedule]
anchor = $2
send_at = 00:00:00
on_closed_day = "send"
CONFIG
    cat
  } > "$1/config.toml"
}

# FIRST NUMBER: the CSV file of so many schools.
schools() {
  python3 - "$1" "$2" <<'PYTHON'
import sys
first, number = map(int, sys.argv[1:])
print("name,sector,email,bands,ages,locale,urn")
for n in range(first, first + number):
    print(f"School {n},school,office{n}@s{n}.example,8-10,,,")
PYTHON
}
