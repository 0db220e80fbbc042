#!/usr/bin/env bash
# What a PostgreSQL in place of a file costs a sender, and what more nodes are worth; in turn, in one run.
#
#   benches/postgres.sh                    20,000 recipients, 5 rounds, 1, 2 and 4 nodes beside SQLite: some 3 minutes once built
#   RECIPIENTS=5000 ROUNDS=1 NODES=1 benches/postgres.sh
#   ENQUEUE=1000000 benches/postgres.sh    also imports so many mailboxes, and publishes an edition to them (some minutes)
#
#   FORTNIGHTLY__MAIL__WINDOW=16           settings of ours that are passed on: the window (2), and
#   FORTNIGHTLY__MAIL__CONNECTIONS=16      the connections of each node (8)
#   PGBIN=/usr/lib/postgresql/15/bin       where PostgreSQL's programs are
#
# Needs Debian's postgresql-15 and python3; as root, the database runs as the user postgres.
set -euo pipefail
cd "$(dirname "$0")/.."
source benches/site.sh
recipients=${RECIPIENTS:-20000}
rounds=${ROUNDS:-5}
nodes=${NODES:-1 2 4}
bin=${PGBIN:-/usr/lib/postgresql/15/bin}

cargo build --release --locked --quiet
cargo build --release --locked --quiet --example sink
program=$PWD/target/release/fortnightly
folder=$(mktemp -d)
chmod 755 "$folder"
port=$(free_port)
database=$(free_port)
as_postgres() { (cd /; if [ "$(id -u)" = 0 ]; then exec runuser -u postgres -- "$@"; else exec "$@"; fi); }
ask() { "$bin/psql" -h 127.0.0.1 -p "$database" -U fortnightly -d "${2:-f}" -qAtc "$1"; }

mkfifo "$folder/end"
target/release/examples/sink "$port" < "$folder/end" > "$folder/sunk" &
exec 3> "$folder/end"
mkdir "$folder/data"
[ "$(id -u)" != 0 ] || chown postgres "$folder/data"
as_postgres "$bin/initdb" -D "$folder/data" -U fortnightly -A trust -E UTF8 --locale=C.UTF-8 > /dev/null
as_postgres "$bin/pg_ctl" start -w -s -D "$folder/data" -l "$folder/data/log" -o "-p $database -c listen_addresses=127.0.0.1 \
  -c unix_socket_directories= -c shared_buffers=512MB -c max_wal_size=4GB" 3>&-
trap 'exec 3>&-; as_postgres "$bin/pg_ctl" stop -s -m fast -D "$folder/data"; rm -rf "$folder"' EXIT
server=$(head -1 "$folder/data/postmaster.pid")
# Clock ticks of the database: its processes that run, and those that have ended. Those of our connections end a moment after us.
ticks() {
  local sum=0 one
  while pgrep -P "$server" -f '^postgres: fortnightly f' > /dev/null; do sleep 0.05; done
  for one in "$server" $(pgrep -P "$server"); do
    # shellcheck disable=SC2046
    set -- $(cut -d ' ' -f 14-17 "/proc/$one/stat" 2>/dev/null || echo 0 0 0 0)
    sum=$((sum + $1 + $2)); [ "$one" != "$server" ] || sum=$((sum + $3 + $4))
  done
  echo $sum
}

site "$folder" "$(date +%F)" <<CONFIG
[mail]
transport = "smtp://127.0.0.1:$port"
tls = "none"
CONFIG
cd "$folder"
schools 0 "$recipients" > list.csv
# NAME NODES: imports, and sends with so many nodes at once.
turn() {
  rm -rf var
  if [ "$1" = sqlite ]; then unset FORTNIGHTLY__STORE__URL; else
    ask 'DROP DATABASE IF EXISTS f' postgres 2>/dev/null
    ask 'CREATE DATABASE f' postgres
    export FORTNIGHTLY__STORE__URL="postgres://fortnightly@127.0.0.1:$database/f"
  fi
  "$program" subscribers import list.csv > /dev/null
  local before begun number
  before=$(ticks)
  begun=$(date +%s.%N)
  for number in $(seq "$2"); do
    /usr/bin/time -o "time$number" -f '%U %S %M' "$program" send --edition 1 --yes --quiet > "said$number" 2>&1 &
    sending[number]=$!
  done
  for number in $(seq "$2"); do wait "${sending[number]}" || { cat "said$number"; exit 1; }; done
  echo "$1 $2 $(date +%s.%N) $begun $(($(ticks) - before)) $(cat $(seq -f 'time%.0f' "$2") | tr '\n' ' ')" >> figures
  [ "$("$program" status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["editions"][0]["deliveries"]["accepted"])')" = "$recipients" ]
}
for round in $(seq "$rounds"); do
  turn sqlite 1
  for number in $nodes; do turn postgres "$number"; done
done
python3 - "$recipients" "$(getconf CLK_TCK)" <<'PYTHON'
import statistics, sys
recipients, tick = map(int, sys.argv[1:])
rows, beside = {}, None
for line in open("figures"):
    name, nodes, end, begun, ticks, *times = line.split()
    rate = recipients / (float(end) - float(begun))
    cpu = sum(float(user) + float(system) for user, system in zip(times[0::3], times[1::3])) / recipients * 1e6
    if name == "sqlite":
        beside = rate
    rows.setdefault(f"{name}, {nodes} node{'s' * (nodes != '1')}", []).append(
        (rate, rate / beside, cpu, int(ticks) / tick / recipients * 1e6, max(map(int, times[2::3])) / 1024))
names = ("a second", "beside SQLite", "µs of CPU a message, senders", "… the database", "MiB, the largest sender")
for what, rounds in rows.items():
    print(what)
    for name, values in zip(names, zip(*rounds)):
        form = "{:.2f}" if name.startswith("beside") else "{:,.0f}"
        print(f"  {name}:", *(form.format(value) for value in (statistics.median(values), min(values), max(values))))
PYTHON
if [ -n "${ENQUEUE:-}" ]; then
  schools 0 "$ENQUEUE" > large.csv
  ask 'DROP DATABASE f' postgres
  ask 'CREATE DATABASE f' postgres
  export FORTNIGHTLY__STORE__URL="postgres://fortnightly@127.0.0.1:$database/f"
  /usr/bin/time -f 'import of '"$ENQUEUE"': %e s, CPU %U + %S, %M kB' "$program" subscribers import large.csv > /dev/null
  # One mail a day is allowed, so what takes its time is to publish.
  FORTNIGHTLY__MAIL__DAILY_CAP=1 /usr/bin/time -f 'publish: %e s, CPU %U + %S, %M kB' \
    "$program" send --edition 1 --yes --quiet > said || true
  ask 'VACUUM ANALYZE'
  echo "bytes of a row, indexes included:"
  ask "SELECT relname, round(pg_total_relation_size(relid) / $ENQUEUE.0, 1) FROM pg_stat_user_tables
       WHERE pg_total_relation_size(relid) > $ENQUEUE ORDER BY 2 DESC"
fi
