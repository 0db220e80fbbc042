#!/usr/bin/env bash
# What the operators' pages cost: how long each kind takes to answer, the daemon's memory with ten of them open, and what those
# ten cost the sending. About 5 minutes once built.
#
#   benches/console.sh                             100,000 mailboxes, 6 editions
#   MAILBOXES=6000 ROUNDS=3 benches/console.sh     as many; each page is asked for ROUNDS times, and the sending measured as often
#
# Needs python3. No page or mail leaves the machine: the relay is the sink of sending.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
source benches/site.sh
mailboxes=${MAILBOXES:-100000}
editions=${EDITIONS:-6}
rounds=${ROUNDS:-7}
driver=$PWD/benches/console.py
cargo build --release --locked --quiet
cargo build --release --locked --quiet --example sink
fortnightly=$PWD/target/release/fortnightly
port=$(free_port)
console=$(free_port)
folder=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/console.XXXXXX")
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
mkfifo "$folder/end"
target/release/examples/sink "$port" < "$folder/end" > "$folder/sink" &
exec 3> "$folder/end"
{ echo 'approval = "automatic"' && ports "$port" "$console"; } \
  | site "$folder" "$(date -d "-$(((editions + 1) * 14)) days" +%F)"
cd "$folder"
# The relay refuses one in fifty for good.
mailboxes "$mailboxes" | awk 'NR % 50 == 2 { sub("office", "full") } 1' > list.csv
"$fortnightly" subscribers import list.csv >/dev/null
# Ready for an edition that is due today, for the sending at the end.
cp -r var ready
"$fortnightly" send --edition next --yes --quiet || true
copies "$folder/var/fortnightly.db" "$editions"
# From here on someone has to approve the next one.
sed -i 's/^approval = .*/approval = "required"/' config.toml

start() {
  "$fortnightly" run > said 2> log & daemon=$!
  until link=$(grep -o 'http://[^ ]*/sign-in/first/[^ ]*' said log | head -1 | cut -d: -f2-) && [ -n "$link" ]; do sleep 0.02; done
}
stop() { kill "$daemon" && wait "$daemon" 2>/dev/null || true; }
memory() { awk '/VmHWM|VmRSS|RssAnon/ { printf "%s %.1f MiB  ", $1, $2 / 1024 }' "/proc/$daemon/status"; echo; }

echo "each kind of page, $mailboxes mailboxes, $editions editions: median (least to most)"
start
python3 "$driver" pages "$link" "$rounds" "$daemon"
echo "memory after that: $(memory)"
stop

# An edition that is due now, sent by the daemon.
sed -i "s/^anchor = .*/anchor = $(date +%F)/; s/^approval = .*/approval = \"automatic\"/" config.toml
sending() { # prints how many a second were sent; "$1" pages are open meanwhile
  rm -rf var && cp -r ready var && sync
  start
  if [ "$1" -gt 0 ]; then
    : > opened
    python3 "$driver" live "$link" "$1" looked > opened & looking=$!
    until grep -q open opened; do :; done
  fi
  until grep -q 'accepted=' log; do sleep 0.1; done
  python3 - "$mailboxes" <<'PYTHON'
import datetime, sys
found = open("log").read().splitlines()
stamp = lambda part: datetime.datetime.fromisoformat(next(line for line in found if part in line).split()[0].replace("Z", "+00:00"))
print(f"{int(sys.argv[1]) / (stamp('accepted=') - stamp('listening')).total_seconds():.0f}")
PYTHON
}
echo "an edition sent to $mailboxes mailboxes, without and with ten pages open, in turn:"
for round in $(seq "$rounds"); do
  if [ $((round % 2)) = 1 ]; then order="0 10"; else order="10 0"; fi
  for open in $order; do
    sending "$open" > "rate-$open"
    if [ "$open" = 10 ]; then
      memory > with
      kill "$looking" && wait "$looking" 2>/dev/null || true
    fi
    stop
  done
  echo "round $round: $(cat rate-0) a second alone, $(cat rate-10) beside ($(awk "BEGIN { printf \"%.3f\", $(cat rate-10) / $(cat rate-0) }")); $(cat looked); $(cat with)"
done
