#!/usr/bin/env bash
# How fast mail leaves, beside Postfix's own smtp-source sending the same message to the same sink; alternating in one run.
#
#   benches/sending.sh                     100,000 recipients, 3 rounds: about 2 minutes once built
#   RECIPIENTS=5000 ROUNDS=1 benches/sending.sh
#
#   SMALL=1                                a message of some 28 kB in place of 42: short activities, no article, no texts to pass on
#   DELAY_MS=50 FORTNIGHTLY__MAIL__CONNECTIONS=64 RECIPIENTS=20000    every answer comes so much later
#   DKIM=ed25519 | DKIM=rsa                every message is signed
#   SYNC_MS=5 FORTNIGHTLY__MAIL__WINDOW=16 so many milliseconds are added to every sync (needs cc)
#
# Needs Debian's postfix (smtp-sink, smtp-source), time and python3. Settings of ours that it passes on:
# FORTNIGHTLY__MAIL__CONNECTIONS, FORTNIGHTLY__MAIL__WINDOW.
set -euo pipefail
cd "$(dirname "$0")/.."
recipients=${RECIPIENTS:-100000}
rounds=${ROUNDS:-3}
port=${PORT:-2625}
PATH="$PATH:/usr/sbin"

cargo build --release --locked --quiet
fortnightly=$PWD/target/release/fortnightly
folder=$(mktemp -d)
user=$([ "$(id -u)" = 0 ] && echo "-u nobody" || true)
# shellcheck disable=SC2086
smtp-sink $user -c "127.0.0.1:$port" 1000 >/dev/null 2>&1 &
sink=$!
trap 'kill $sink; rm -rf "$folder"' EXIT

relay=$port
if [ -n "${DELAY_MS:-}" ]; then
  relay=$((port + 1))
  python3 benches/delay.py "$relay" "$port" "$DELAY_MS" &
  trap 'kill $sink $!; rm -rf "$folder"' EXIT
fi
connections=${FORTNIGHTLY__MAIL__CONNECTIONS:-8}
cp -r activities templates "$folder"
cd "$folder"
today=$(date +%F)
cat > config.toml <<CONFIG
[service]
name = "Online Safety at Home"
from = "Online Safety at Home <activities@example.org>"
postal_address = "1 High Street, Anytown AB1 2CD"
base_url = "https://activities.example.org"
[schedule]
anchor = $today
on_closed_day = "send"
[mail]
transport = "smtp://127.0.0.1:$relay"
tls = "none"
CONFIG
if [ -n "${SMALL:-}" ]; then
  python3 - <<'PYTHON'
import pathlib, re
for file in pathlib.Path("activities").glob("*/*.md"):
    head, matter, body = file.read_text().split("+++\n", 2)
    opening, *sections = re.split(r"(?m)^## ", body)
    def short(section):
        title, text = section.split("\n", 1)
        parts = [part for part in re.split(r"\n(?=[-*\d\n])", text) if part.strip()]
        asked = [part for part in parts if "?" in part] if title.startswith("Talk") else parts
        return f"## {title}\n\n{asked[0].strip()}\n\n"
    file.write_text(f"{head}+++\n{matter}+++\n{opening}{''.join(map(short, sections))}")
# Without the texts to pass on and the preparations, a digest for one band has the 20 KiB that the aim was set for.
digest, card = pathlib.Path("templates/digest.mjml.hbs"), pathlib.Path("templates/partials/card.mjml.hbs")
text = digest.read_text().replace("{{> share.mjml}}", "")
article = text.index("    {{> gap.mjml}}"), text.index("    {{#if notices}}")
digest.write_text(text[:article[0]] + text[article[1]:])
begin, end = '<h3 style="margin:22px 0 8px;font-size:20px;line-height:1.4">Get ready</h3>', '<p style="margin:20px 0 14px"><a href="{{url}}">'
head, rest = card.read_text().split(begin)
card.write_text(head + end + rest.split(end)[1])
PYTHON
fi
if [ -n "${DKIM:-}" ]; then
  case $DKIM in
    rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem 2>/dev/null ;;
    *) openssl genpkey -algorithm ed25519 -out key.pem ;;
  esac
  chmod 600 key.pem
  printf '[[mail.dkim]]\ndomain = "example.org"\nselector = "s1"\nprivate_key_file = "key.pem"\n' >> config.toml
fi
run=()
if [ -n "${SYNC_MS:-}" ]; then
  cat > slow.c <<C
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static void rest(void) { usleep(${SYNC_MS} * 1000); }
int fsync(int fd) { rest(); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { rest(); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
C
  cc -shared -fPIC -o slow.so slow.c -ldl
  run=(env "LD_PRELOAD=$PWD/slow.so")
fi
python3 - "$recipients" > list.csv <<'PYTHON'
import sys
print("name,sector,email,bands,ages,locale,urn")
for n in range(int(sys.argv[1])):
    print(f"School {n},school,office{n}@s{n}.example,8-10,,,")
PYTHON
"$fortnightly" subscribers import list.csv >/dev/null
cp -r var ready
"$fortnightly" preview --edition 1 --out look >/dev/null
tr -d '\r' < look/*.eml > message
echo "$recipients recipients, a message of $(stat -c %s look/*.eml) octets ($(stat -c %s look/[!i]*.html) of HTML), $(nproc) cores"

for round in $(seq "$rounds"); do
  rm -rf var && cp -r ready var && sync
  /usr/bin/time -o took -f '%e %U %S %M' "${run[@]}" "$fortnightly" send --edition 1 --yes --quiet >/dev/null
  read -r ours user system memory < took
  /usr/bin/time -o took -f '%e' smtp-source -d -s "$connections" -m "$recipients" -f a@example.org -t b@example.org -F message "127.0.0.1:$relay"
  read -r theirs < took
  python3 - "$round" "$recipients" "$ours" "$theirs" "$user" "$system" "$memory" <<'PYTHON'
import sys
round, n, ours, theirs, user, system, memory = (float(x) for x in sys.argv[1:])
print(f"round {round:.0f}: {n / ours:.0f} a second, {theirs / ours:.2f} x smtp-source ({n / theirs:.0f}); "
      f"CPU {(user + system) / n * 1e6:.0f} us a message; {memory / 1024:.0f} MiB")
PYTHON
done
