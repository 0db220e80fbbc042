#!/usr/bin/env bash
# What commands cost on a large store: seconds and peak memory of each, medians with their spread.
#
#   benches/million.sh                             1,000,000 mailboxes, 26 editions, 3 rounds: about a quarter of an hour once built
#   MAILBOXES=100000 EDITIONS=5 ROUNDS=1 benches/million.sh
#   BEFORE=/path/to/an/older/binary                it takes turns with the one built here, on a store that it made itself
#
# One edition is really sent, to the sink of sending.sh; the others are copies of its rows. Needs sqlite3's Python module,
# curl and GNU time; 4 GB of disk for each binary (WORK names another folder than the usual one for them).
set -euo pipefail
cd "$(dirname "$0")/.."
source benches/site.sh
mailboxes=${MAILBOXES:-1000000}
editions=${EDITIONS:-26}
rounds=${ROUNDS:-3}
port=$(free_port)
console=$(free_port)

cargo build --release --locked --quiet
cargo build --release --locked --quiet --example sink
folder=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/million.XXXXXX")
trap 'rm -rf "$folder"' EXIT
declare -A binaries=([now]=$PWD/target/release/fortnightly)
names=(now)
if [ -n "${BEFORE:-}" ]; then
  binaries[before]=$(realpath "$BEFORE")
  names=(before now)
fi

mailboxes "$mailboxes" > "$folder/list.csv"
# The anchor lies so far back that the copies have fortnights of their own.
anchor=$(date -d "-$(((editions + 2) * 14)) days" +%F)
for name in "${names[@]}"; do
  mkdir "$folder/$name"
  ports "$port" "$console" | site "$folder/$name" "$anchor"
done

# measured ROW NAME ARGUMENTS…: runs a command of a binary in its folder, and notes seconds, CPU and peak memory.
measured() {
  local row=$1 name=$2
  shift 2
  (cd "$folder/$name" && /usr/bin/time -o "$folder/took" -f '%e %U %S %M' "${binaries[$name]}" "$@" > "$folder/out" 2> "$folder/err") \
    || { echo "$name: $* failed:"; tail -3 "$folder/err"; } >&2
  echo "$row|$name|$(tail -1 "$folder/took")" >> "$folder/figures"
}

mkfifo "$folder/end"
target/release/examples/sink "$port" < "$folder/end" > "$folder/sink" &
# It ends with its standard input.
exec 3> "$folder/end"

for name in "${names[@]}"; do
  measured "import, dry run" "$name" subscribers import ../list.csv --dry-run
  measured "import, first" "$name" subscribers import ../list.csv
  measured "import, again" "$name" subscribers import ../list.csv
  stat -c %s "$folder/$name/var/fortnightly.db" > "$folder/$name/imported"
  measured "send" "$name" send --edition next --yes --quiet
done

for name in "${names[@]}"; do
  copies "$folder/$name/var/fortnightly.db" "$editions"
done

address=office$((mailboxes / 2))@s$((mailboxes / 2)).example
for round in $(seq "$rounds"); do
  for name in "${names[@]}"; do
    measured "status" "$name" status
    measured "plan" "$name" plan
    measured "check" "$name" check
    measured "preview --out" "$name" preview --edition next --out "look-$round"
    rm -rf "$folder/$name/look-$round"
    measured "send --dry-run" "$name" send --dry-run --edition next
    measured "subscribers show" "$name" subscribers show "$address"
    measured "subscribers list --json" "$name" subscribers list --json
    measured "subscribers export" "$name" subscribers export --out "all-$round.csv"
    measured "deliveries list" "$name" deliveries list --limit 20
    measured "unsubscribe" "$name" unsubscribe "office$round@s$round.example"
    measured "backup" "$name" backup "backup-$round.db"
    rm -f "$folder/$name/backup-$round.db" "$folder/$name/all-$round.csv"
  done
done

# The daemon: its start, an answer of /metrics, its CPU in ten idle seconds, and its memory after all that. Then /metrics while
# all mails of an edition wait, because it is held.
daemon_cpu() { awk '{ print ($14 + $15) / 100 }' "/proc/$daemon/stat"; }
start_daemon() {
  "${binaries[$name]}" run 2> "$folder/log" & daemon=$!
  until curl -sf "127.0.0.1:$console/metrics" -o "$folder/metrics"; do sleep 0.02; done
}
stop_daemon() {
  kill "$daemon"
  wait "$daemon" || true
}
# Clock ticks are too long for one answer: 20 in each round.
scrape() {
  local before took
  for _ in 1 2 3 4 5; do
    before=$(daemon_cpu)
    for _ in $(seq 20); do
      took=$(curl -sf "127.0.0.1:$console/metrics" -o "$folder/metrics" -w '%{time_total}')
    done
    echo "$1|$name|$took 0 $(awk "BEGIN { print ($(daemon_cpu) - $before) / 20 }") 0" >> "$folder/figures"
  done
}
for name in "${names[@]}"; do
  pushd "$folder/$name" > /dev/null
  begun=$(date +%s.%N)
  start_daemon
  started=$(date +%s.%N)
  scrape "/metrics"
  sleep 3
  before=$(daemon_cpu)
  sleep 10
  idle=$(awk "BEGIN { print $(daemon_cpu) - $before }")
  memory=$(awk '/VmHWM/ { print $2 }' "/proc/$daemon/status")
  echo "start of the daemon, until it answers|$name|$(awk "BEGIN { print $started - $begun }") 0 0 $memory" >> "$folder/figures"
  echo "ten idle seconds of the daemon|$name|10 0 $idle $memory" >> "$folder/figures"
  stop_daemon
  held=$(python3 - var/fortnightly.db <<'PYTHON'
import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
(sent,) = store.execute("SELECT max(number) FROM editions WHERE published_at IS NOT NULL").fetchone()
store.execute("UPDATE deliveries SET state = 0 WHERE mailing = ? AND state = 3", (sent,))
store.execute("UPDATE editions SET state = 'sending', finished_at = NULL WHERE number = ?", (sent,))
if "accepted" in [row[1] for row in store.execute("PRAGMA table_info(editions)")]:
    store.execute("UPDATE editions SET accepted = 0 WHERE number = ?", (sent,))
store.commit()
print(sent)
PYTHON
  )
  "${binaries[$name]}" hold "$held" > /dev/null
  start_daemon
  scrape "/metrics while all of an edition waits"
  stop_daemon
  popd > /dev/null
done

python3 - "$folder/figures" "${names[@]}" <<'PYTHON'
import statistics, sys
names, rows = sys.argv[2:], {}
for line in open(sys.argv[1]):
    row, name, figures = line.strip().split("|")
    seconds, user, system, kilobytes = (float(figure) for figure in figures.split())
    rows.setdefault(row, {}).setdefault(name, []).append((seconds, user + system, kilobytes / 1024))
print("| command | " + " | ".join(f"{name}: seconds | CPU | MiB" for name in names) + " |")
print("|---" * (1 + 3 * len(names)) + "|")
def spread(figures, digits):
    middle, low, high = (f"{f(figures):.{digits}f}" for f in (statistics.median, min, max))
    return middle if low == high else f"{middle} ({low}–{high})"
for row, of in rows.items():
    cells = [spread(column, digits) for name in names for column, digits in zip(zip(*of.get(name, [(0, 0, 0)])), (2, 3, 0))]
    print(f"| {row} | " + " | ".join(cells) + " |")
PYTHON
for name in "${names[@]}"; do
  echo "$name: $(($(cat "$folder/$name/imported") / mailboxes)) bytes a mailbox after its import"
done
