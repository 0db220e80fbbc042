#!/usr/bin/env bash
# How fast the recipients' pages are, and what reading them costs the sending. About 2 minutes once built.
#
#   benches/web.sh
#   RECIPIENTS=20000 RATE=500 benches/web.sh       so many mailboxes, and so many requests a second beside the sending
#
# Needs Debian's postfix (smtp-sink), wrk and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
recipients=${RECIPIENTS:-60000}
rate=${RATE:-300}
PATH="$PATH:/usr/sbin"
cargo build --release --locked --quiet
fortnightly=$PWD/target/release/fortnightly
pace=$PWD/benches/pace.py
folder=$(mktemp -d)
user=$([ "$(id -u)" = 0 ] && echo "-u nobody" || true)
# shellcheck disable=SC2086
smtp-sink $user -c 127.0.0.1:2725 1000 >/dev/null 2>&1 &
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
cp -r activities templates "$folder"
cd "$folder"
cat > config.toml <<CONFIG
[service]
name = "Online Safety at Home"
from = "Online Safety at Home <activities@example.org>"
postal_address = "1 High Street, Anytown AB1 2CD"
base_url = "https://activities.example.org"
[schedule]
anchor = $(date +%F)
send_at = 00:00:00
on_closed_day = "send"
[mail]
transport = "smtp://127.0.0.1:2725"
tls = "none"
[web]
listen = "127.0.0.1:2727"
console_listen = "127.0.0.1:2728"
CONFIG
python3 - "$recipients" > list.csv <<'PYTHON'
import sys
print("name,sector,email,bands,ages,locale,urn")
for n in range(int(sys.argv[1])):
    print(f"School {n},school,office{n}@s{n}.example,8-10,,,")
PYTHON
"$fortnightly" subscribers import list.csv >/dev/null
cp -r var ready

sent() { # sends the edition with the daemon, and prints how many a second
  rm -rf var && cp -r ready var && sync
  "$fortnightly" run 2>log & daemon=$!
  until grep -q "listening" log; do :; done
  "$@" & beside=$!
  until grep -q " sent edition\|sent.*edition=" log; do sleep 0.1; done
  kill $beside 2>/dev/null || true
  wait $beside 2>/dev/null || true
  python3 - "$recipients" <<'PYTHON'
import datetime, re, sys
lines = open("log").read()
stamp = lambda line: datetime.datetime.fromisoformat(line.split()[0].replace("Z", "+00:00"))
found = lines.splitlines()
begun = stamp(next(line for line in found if "listening" in line))
ended = stamp(next(line for line in found if "accepted=" in line))
print(f"{int(sys.argv[1]) / (ended - begun).total_seconds():.0f}")
PYTHON
}
until_done() { kill $daemon; wait $daemon 2>/dev/null || true; }

for round in 1 2 3; do
  alone=$(sent true > figure; cat figure); pkill -f "$fortnightly run" || true; sleep 0.5
  sent python3 "$pace" 2727 "$rate" read > figure; beside=$(cat figure)
  if [ "$round" != 3 ]; then pkill -f "$fortnightly run" || true; sleep 0.5; fi
  echo "round $round: sends $alone a second alone, $beside beside $rate requests a second ($(cat read))"
done
echo "pages alone, one edition for one age group, 50 connections, wrk on the same machine:"
wrk -t1 -c50 -d10s --latency "http://127.0.0.1:2727/editions/1?bands=8-10" | grep -E "99%|Requests/sec|Non-2xx" || true
pid=$(pgrep -f "$fortnightly run" | head -1)
grep VmHWM "/proc/$pid/status"
