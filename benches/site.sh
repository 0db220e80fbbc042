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

# RELAY CONSOLE: the part of a config that names these ports of this machine.
ports() {
  cat <<CONFIG
[mail]
transport = "smtp://127.0.0.1:$1"
tls = "none"
[web]
listen = "127.0.0.1:$(free_port)"
console_listen = "127.0.0.1:$2"
CONFIG
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

# NUMBER: the CSV file of so many mailboxes of all sectors and bands. Many share all but the number of their names.
mailboxes() {
  python3 - "$1" <<'PYTHON'
import random, sys
random.seed(4)
sets = ["4-5", "5-7", "8-10", "11-14", "14+", "4-5 5-7", "4-5 5-7 8-10", "11-14 14+", "8-10 11-14", "4-5 5-7 8-10 11-14 14+"]
names = ["St Mary's Primary School", "Hillside Primary School", "Oak Academy", "School"]
sectors = ["school"] * 9 + ["social-care", "charity", "health"]
print("name,sector,email,bands,ages,locale,urn")
for n in range(int(sys.argv[1])):
    print(f"{names[n % 4]} {n},{random.choice(sectors)},office{n}@s{n}.example,{random.choice(sets)},,,")
PYTHON
}

# STORE NUMBER: the edition that was sent becomes as many as are wanted: every row that names it, with the number of an earlier one.
copies() {
  python3 - "$1" "$2" <<'PYTHON'
import sqlite3, sys
store, wanted = sqlite3.connect(sys.argv[1]), int(sys.argv[2])
store.execute("PRAGMA synchronous = OFF")
(sent,) = store.execute("SELECT max(number) FROM editions WHERE published_at IS NOT NULL").fetchone()
fortnight = 14 * 86_400_000
tables = [("editions", "number"), ("picks", "edition"), ("edition_texts", "edition"), ("deliveries", "mailing")]
tables += [(name, "edition") for (name,) in store.execute(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'segment%'")]
for earlier in range(max(1, sent - wanted + 1), sent):
    store.execute("DELETE FROM picks WHERE edition = ?", (earlier,))
    store.execute("DELETE FROM editions WHERE number = ?", (earlier,))
    back = sent - earlier
    for table, key in tables:
        columns = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
        if key not in columns:
            continue
        moved = {key: str(earlier), "date": f"date(date, '-{14 * back} days')"}
        moved |= {name: f"{name} - {fortnight * back}" for name in ("due_at", "published_at", "finished_at")}
        values = ", ".join(moved.get(name, name) for name in columns)
        store.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {key} = {sent}")
    store.commit()
store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
print(f"{sys.argv[1].split('/')[-3]}: {store.execute('PRAGMA page_count').fetchone()[0] * 4096 / 1e9:.2f} GB")
PYTHON
}
