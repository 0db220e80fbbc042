#!/usr/bin/env bash
# How fast mailboxes leave by one click (RFC 8058), and how long one waits while a large file is imported. Some 5 minutes once built.
#
#   benches/leaving.sh
#   RECIPIENTS=5000 ROWS=100000 RATE=20 benches/leaving.sh    so many who may leave, rows in the file, and clicks a second beside it
#
# Every click is a POST with a link of its own, taken from the mail, and is durable before it is answered.
# Needs wrk and python3; the mails take 60 kB of disk each.
set -euo pipefail
cd "$(dirname "$0")/.."
source benches/site.sh
recipients=${RECIPIENTS:-20000}
rows=${ROWS:-1000000}
rate=${RATE:-20}
cargo build --release --locked --quiet
fortnightly=$PWD/target/release/fortnightly
clicks=$PWD/benches/clicks.py
port=$(free_port)
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
site "$folder" "$(date +%F)" <<CONFIG
[web]
listen = "127.0.0.1:$port"
CONFIG
cd "$folder"
schools 0 "$recipients" > leaving.csv
schools "$recipients" "$rows" > large.csv
"$fortnightly" subscribers import leaving.csv > /dev/null
"$fortnightly" send > /dev/null
python3 - > links <<'PYTHON'
import email, os
for name in os.listdir("var/mail/new"):
    with open(f"var/mail/new/{name}", "rb") as mail:
        head = email.message_from_bytes(mail.read(4096))
    link = next(link for link in head["List-Unsubscribe"].split(",") if "https:" in link)
    print(link.strip().strip("<>").removeprefix("https://activities.example.org"))
PYTHON
rm -r var/mail
"$fortnightly" run 2> log & daemon=$!
until grep -q "listening" log; do sleep 0.1; done
cpu() { awk '{ print ($14 + $15) * 10 }' "/proc/$daemon/stat"; }

half=$((recipients / 2))
head -n "$half" links > first
tail -n +$((half + 1)) links > second
before=$(cpu)
python3 "$clicks" "$port" first 50
echo "… and $(awk -v ms=$(($(cpu) - before)) -v n="$half" 'BEGIN { printf "%.0f", ms * 1000 / n }') µs of the daemon's CPU each"
echo "while $rows rows are imported, $rate a second:"
"$fortnightly" subscribers import large.csv > /dev/null & import=$!
python3 "$clicks" "$port" second 10 "$rate" "$import"
wait "$import"
