"""A signed-in browser without a screen: console.py pages LINK ROUNDS PID | live LINK PAGES FILE

pages: follows every link of the console from its first page, and prints for each kind of page how long its answers took, and the
processor time of the process PID for one.
live: keeps PAGES pages open, each with its figures and looked at anew every five seconds, until it is ended; writes to FILE what came.
"""

import http.client
import re
import signal
import statistics
import sys
import threading
import time
from html import unescape
from urllib.parse import urlencode, urlsplit

# A name that many schools share, a whole one, a part of an address, and what nobody has.
SEARCHES = ["school", "st marys primary school", "primary school 47", "School 4711", "office4711@s4711.example", "s4711.example", "nobody has this"]
OTHER_TYPES = re.compile(r"\.(csv|txt|css|js)\b|/export|/live")
EXAMPLES = 3


class Browser:
    def __init__(self, link, cookie=None):
        self.at = urlsplit(link)
        self.connection = http.client.HTTPConnection(self.at.hostname, self.at.port)
        self.cookie = cookie
        if cookie is None:
            answer, _ = self.ask("POST", self.at.path, {})
            self.cookie = answer.getheader("Set-Cookie").split(";")[0]

    def ask(self, method, path, fields=None):
        headers = {"Origin": f"http://{self.at.netloc}"} | ({"Cookie": self.cookie} if self.cookie else {})
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except (http.client.HTTPException, ConnectionError):
            # A connection lives for a minute.
            self.connection.close()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        return answer, answer.read().decode("utf-8", "replace")

    def timed(self, method, path, fields=None):
        begun = time.perf_counter()
        answer, text = self.ask(method, path, fields)
        took = (time.perf_counter() - begun) * 1000
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status}\n{text[:2000]}")
        return took, text


def kind(path):
    """The same page of another thing is the same kind: numbers and what is asked for count no difference."""
    path, _, query = path.partition("?")
    path = re.sub(r"/segments/[^/]+", "/segments/S", path)
    names = sorted(part.split("=")[0] for part in query.split("&") if part)
    return re.sub(r"[0-9a-f]{16,}|\d+", "N", path) + ("?" + "&".join(names) if names else "")


def links(path, text):
    found = re.findall(r"""(?:href|src|action)=["']([^"']+)["']""", text)
    for link in map(unescape, found):
        link = link.split("#")[0]
        if link.startswith("/") and not OTHER_TYPES.search(link):
            yield link


def processor(pid):
    """Milliseconds so far (proc(5)), in steps of ten."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 10


def pages(link, rounds, pid):
    browser = Browser(link)
    seen, waiting, examples, first = {"/"}, ["/"], {}, {}
    while waiting:
        path = waiting.pop(0)
        of_kind = examples.setdefault(kind(path), [])
        if len(of_kind) >= EXAMPLES:
            continue
        begun = time.perf_counter()
        answer, text = browser.ask("GET", path)
        first.setdefault(kind(path), (time.perf_counter() - begun) * 1000)
        if answer.status >= 500:
            sys.exit(f"GET {path}: {answer.status}\n{text[:2000]}")
        if answer.status != 200:
            # The address of a form, or of what isn't there any more.
            continue
        of_kind.append(("GET", path, None))
        for found in links(path, text):
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    for path in ["/readyz", "/metrics"]:
        examples[path] = [("GET", path, None)]
    _, text = browser.ask("GET", "/subscribers")
    token = re.search(r'name="form_token" value="([^"]+)"', text).group(1)
    for sought in SEARCHES:
        examples[f"search: {sought}"] = [("POST", "/subscribers/search", {"form_token": token, "q": sought})]
    worst = []
    for name, asked in sorted(examples.items()):
        if not asked:
            continue
        took, before = [], processor(pid)
        for _ in range(rounds):
            for method, path, fields in asked:
                took.append(browser.timed(method, path, fields)[0])
        used = (processor(pid) - before) / len(took)
        took.sort()
        median = statistics.median(took)
        worst.append((median, used))
        begin = f", first {first[name]:.1f}" if name in first else ""
        print(f"{median:7.1f} ms ({took[0]:.1f} to {took[-1]:.1f}{begin}), {used:.1f} ms of processor  {name}", flush=True)
    slowest, most = max(median for median, _ in worst), max(used for _, used in worst)
    print(f"{len(worst)} kinds of pages; the slowest median is {slowest:.1f} ms, the most processor time {most:.1f} ms")


def live(link, number, file):
    first = Browser(link)
    stop, events, looks = threading.Event(), [0] * number, []

    def figures(page):
        while not stop.is_set():
            connection = http.client.HTTPConnection(first.at.hostname, first.at.port)
            try:
                connection.request("GET", "/live", headers={"Cookie": first.cookie})
                answer = connection.getresponse()
                while line := answer.readline():
                    events[page] += line.startswith(b"data:")
            except (http.client.HTTPException, ConnectionError, OSError):
                pass

    def reader(page):
        browser = Browser(link, first.cookie)
        paths = ["/", "/editions/1", "/deliveries", "/subscribers"]
        while not stop.wait(5 * (page + 1) / number if not looks else 5):
            looks.append(browser.timed("GET", paths[page % len(paths)])[0])

    for page in range(number):
        threading.Thread(target=figures, args=(page,), daemon=True).start()
        threading.Thread(target=reader, args=(page,), daemon=True).start()
    print("open", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    with open(file, "w") as out:
        middle = f"{statistics.median(looks):.1f}" if looks else "no"
        out.write(f"{number} pages open, {sum(events)} events, {len(looks)} looks of {middle} ms")


if sys.argv[1] == "pages":
    pages(sys.argv[2], int(sys.argv[3]), sys.argv[4])
else:
    live(sys.argv[2], int(sys.argv[3]), sys.argv[4])
