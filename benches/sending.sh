#!/usr/bin/env bash
# How fast mail leaves, beside Postfix's own smtp-source sending the same message to the same sink; in turn, in one run.
#
#   benches/sending.sh                     100,000 recipients, 7 rounds: some 5 minutes once built
#   RECIPIENTS=5000 ROUNDS=1 benches/sending.sh
#
#   SINK=ours                              what takes the mail: benches/sink.rs, which is not the limit (the default), or
#   SINK=smtp-sink                         Postfix's test server, or
#   SINK=postfix                           a private Postfix that discards it (10,000 recipients; only root can start it)
#   BEFORE=/path/to/an/older/fortnightly   takes its turn, too, with a store of its own
#   SMALL=1                                a message of some 32 kB in place of 55: short activities, no article, no texts to pass on
#   FORTNIGHTLY__MAIL__WINDOW=16           settings of ours that are passed on: the window (2), and
#   FORTNIGHTLY__MAIL__CONNECTIONS=64      the connections (8), which smtp-source uses, too
#   DKIM=ed25519 | DKIM=rsa                every message of ours is signed; the same unsigned takes its turn, too
#   DELAY_MS=50                            every answer comes so much later
#   SYNC_MS=5                              so many milliseconds are added to every sync (needs cc)
#   PORT=2625                              where the sink listens; a free port by default
#
# Needs Debian's postfix (smtp-sink, smtp-source) and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
source benches/site.sh
kind=${SINK:-ours}
rounds=${ROUNDS:-7}
port=${PORT:-$(free_port)}
recipients=${RECIPIENTS:-$([ "$kind" = postfix ] && echo 10000 || echo 100000)}
connections=${FORTNIGHTLY__MAIL__CONNECTIONS:-8}
PATH="$PATH:/usr/sbin"

cargo build --release --locked --quiet
benches=$PWD/benches
now=$PWD/target/release/fortnightly
folder=$(mktemp -d)
chmod 755 "$folder"
at_end=("rm -rf '$folder'")
# shellcheck disable=SC2154
trap 'for end in "${at_end[@]}"; do eval "$end"; done' EXIT
first() { at_end=("$1" "${at_end[@]}"); }

pid=0
drained=
start_postfix() {
  mkdir -p "$folder"/relay/{etc,queue,data}
  chown postfix "$folder/relay/data"
  cat > "$folder/relay/etc/main.cf" <<CONFIG
compatibility_level = 3.6
queue_directory = $folder/relay/queue
data_directory = $folder/relay/data
maillog_file = $folder/relay/log
maillog_file_prefixes = $folder/relay
myhostname = relay.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
default_transport = discard:
smtpd_recipient_restrictions = permit_mynetworks, reject
CONFIG
  cat > "$folder/relay/etc/master.cf" <<CONFIG
127.0.0.1:$port inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - n n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
CONFIG
  postfix -c "$folder/relay/etc" start 2>/dev/null
  first "postfix -c '$folder/relay/etc' stop 2>/dev/null"
  pid=$(tr -d ' ' < "$folder/relay/queue/pid/master.pid")
  drained=$folder/relay/queue/incoming:$folder/relay/queue/active
}
case $kind in
  ours)
    cargo build --release --locked --quiet --example sink
    mkfifo "$folder/end"
    target/release/examples/sink "$port" < "$folder/end" > "$folder/sunk" &
    pid=$!
    exec 3> "$folder/end"
    first "exec 3>&-"
    ;;
  smtp-sink)
    user=$([ "$(id -u)" = 0 ] && echo "-u nobody" || true)
    # shellcheck disable=SC2086
    smtp-sink $user "127.0.0.1:$port" 1000 &
    pid=$!
    first "kill $pid"
    ;;
  postfix) start_postfix ;;
  *) echo "SINK is ours, smtp-sink or postfix" >&2; exit 2 ;;
esac

relay=$port
if [ -n "${DELAY_MS:-}" ]; then
  relay=$(free_port)
  # Without the other end of the sink's pipe, which would never end.
  python3 "$benches/delay.py" "$relay" "$port" "$DELAY_MS" 3>&- &
  first "kill $!"
fi
for ((try = 0; try < 100; try++)); do
  (: > "/dev/tcp/127.0.0.1/$relay") 2>/dev/null && break
  sleep 0.1
done
kill -0 "$pid" || { echo "the sink did not start" >&2; exit 1; }

mkdir "$folder/now"
site "$folder/now" "$(date +%F)" <<CONFIG
[mail]
transport = "smtp://127.0.0.1:$relay"
tls = "none"
CONFIG
cd "$folder/now"
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
# Without the contents, the article, the texts to pass on and the preparations, a digest for one band has some 23 kB of HTML.
def cut(name, *parts):
    file = pathlib.Path("templates", name)
    text = file.read_text()
    for begin, end in parts:
        head, rest = text.split(begin)
        text = head + end + rest.split(end, 1)[1]
    file.write_text(text)
cut("digest.mjml.hbs", ('          <h2 style="margin:24px 0 10px;font-size:22px;line-height:1.35">What is inside</h2>', '          <p style="margin:0 0 14px"><a href="{{web_url}}">'),
    ('    {{> gap.mjml}}\n    <mj-section css-class="soft article"', "    {{#if notices}}"), ("{{> share.mjml}}", "\n"))
cut("digest.txt.hbs", ('{{heading "What is inside" "="}}', "{{#each cards}}\n{{> card.txt}}"),
    ('{{heading "For parents and carers" "="}}', "{{#if notices}}"), ('{{heading "Share this" "="}}', "{{> help.txt}}"))
cut("partials/card.mjml.hbs", ('<h3 style="margin:22px 0 8px;font-size:20px;line-height:1.4">Get ready</h3>', '<p style="margin:20px 0 14px"><a href="{{url}}">'))
cut("partials/card.txt.hbs", ('{{heading "Get ready" "-"}}', "On the web, to print or share:"))
PYTHON
fi
if [ -n "${DKIM:-}" ]; then
  cp -r . ../unsigned
  case $DKIM in
    rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem 2>/dev/null ;;
    *) openssl genpkey -algorithm ed25519 -out key.pem ;;
  esac
  chmod 600 key.pem
  printf '[[mail.dkim]]\ndomain = "example.org"\nselector = "s1"\nprivate_key_file = "key.pem"\n' >> config.toml
fi
slow=
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
  slow="env LD_PRELOAD=$PWD/slow.so"
fi
schools 0 "$recipients" > ../list.csv

senders=()
# Gives a binary a store of its own in a folder of its own, and its turn in every round.
prepare() {
  local name=$1 binary=$2
  cd "$folder/$name"
  "$binary" subscribers import ../list.csv >/dev/null
  mv var ready
  cp -r ready var
  "$binary" preview --edition 1 --out look >/dev/null
  echo "$name: $recipients recipients, a message of $(stat -c %s look/*.eml) octets ($(stat -c %s look/[!i]*.html) of HTML)"
  senders+=("$name" "$folder/$name" "$slow $binary send --edition 1 --yes --quiet")
}
if [ -n "${BEFORE:-}" ]; then
  cp -r "$folder/now" "$folder/before"
fi
prepare now "$now"
if [ -n "${DKIM:-}" ]; then
  prepare unsigned "$now"
fi
tr -d '\r' < "$folder"/now/look/*.eml > "$folder/message"
if [ -n "${BEFORE:-}" ]; then
  prepare before "$BEFORE"
fi
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), sink $kind, $connections connections, window ${FORTNIGHTLY__MAIL__WINDOW:-2}, $(date +%F)"
# -N: each mail to another address, as ours are. Of one and the same, Postfix remembers where it goes.
python3 "$benches/rounds.py" "$rounds" "$recipients" "$pid" "$drained" "${senders[@]}" smtp-source "$folder" \
  "smtp-source -N -d -s $connections -m $recipients -f a@example.org -t b@example.org -F message 127.0.0.1:$relay"
if [ "$kind" = ours ]; then
  exec 3>&-
  wait "$pid"
  tail -n 1 "$folder/sunk"
  wanted=$((recipients * rounds * (${#senders[@]} / 3 + 1)))
  grep -q " took $wanted messages" "$folder/sunk" || { echo "but $wanted were sent to it" >&2; exit 1; }
fi
