#!/usr/bin/env bash
# How fast the recipients' pages are, and what reading them costs the sending. About 2 minutes once built.
#
#   benches/web.sh
#   RECIPIENTS=20000 RATE=500 benches/web.sh       so many mailboxes, and so many requests a second beside the sending
#
# Needs Debian's postfix (smtp-sink), wrk and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
source benches/site.sh
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
site "$folder" "$(date +%F)" <<CONFIG
[mail]
transport = "smtp://127.0.0.1:2725"
tls = "none"
[web]
listen = "127.0.0.1:2727"
console_listen = "127.0.0.1:2728"
CONFIG
cd "$folder"
schools 0 "$recipients" > list.csv
"$fortnightly" subscribers import list.csv >/dev/null
cp -r var ready

sent() { # sends the edition with the daemon, which goes on, and prints how many a second
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
end_daemon() { kill "$daemon" && wait "$daemon" 2>/dev/null || true; }

for round in 1 2 3; do
  sent true > alone
  end_daemon
  sent python3 "$pace" 2727 "$rate" read > beside
  if [ "$round" != 3 ]; then end_daemon; fi
  echo "round $round: sends $(cat alone) a second alone, $(cat beside) beside $rate requests a second ($(cat read))"
done
echo "pages alone, one edition for one age group, 50 connections, wrk on the same machine:"
wrk -t1 -c50 -d10s --latency "http://127.0.0.1:2727/editions/1?bands=8-10" | grep -E "99%|Requests/sec|Non-2xx" || true
grep VmHWM "/proc/$daemon/status"
