"""Runs several senders in turn, round after round, and says what each took:

    rounds.py ROUNDS MESSAGES SINK_PID DRAINED NAME FOLDER COMMAND [NAME FOLDER COMMAND …]

The first and the last sender are what the others are compared with. Where FOLDER has a `ready`, it becomes `var` before
every turn. SINK_PID and its children are what takes the mail (0: nobody knows). A turn begins when no file is left in
DRAINED, which are folders with colons between them (none: at once). What is printed of a sender is per message, but for
its rate and its peak memory.
"""

import os
import pathlib
import shutil
import statistics
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    """Seconds of CPU of a process and its children, also of those that ended."""
    if not pid:
        return float("nan")
    ticks, parents = {}, {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        number = int(stat.parent.name)
        parents[number] = int(fields[1])
        # Those that ended count for the process that waited for them.
        ticks[number] = sum(int(field) for field in (fields[11:15] if number == pid else fields[11:13]))
    return sum(ticks[n] for n in ticks if pid in (n, parents[n])) / TICKS


def drain(folders):
    while any(files for folder in folders for _, _, files in os.walk(folder)):
        time.sleep(0.1)


def turn(folder, command, sink):
    ready = pathlib.Path(folder, "ready")
    if ready.exists():
        shutil.rmtree(pathlib.Path(folder, "var"), ignore_errors=True)
        shutil.copytree(ready, pathlib.Path(folder, "var"))
        os.sync()
    before, begun = cpu_of(sink), time.monotonic()
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", f"cd '{folder}' && exec {command} >/dev/null"], os.environ)
    _, status, used = os.wait4(pid, 0)
    took = time.monotonic() - begun
    if status:
        sys.exit(f"{command}: ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "rate": messages / took,
        "CPU": (used.ru_utime + used.ru_stime) / messages * 1e6,
        "sink": (cpu_of(sink) - before) / messages * 1e6,
        "switches": (used.ru_nvcsw + used.ru_nivcsw) / messages,
        "memory": used.ru_maxrss / 1024,
    }


FORMS = {
    "rate": ("{:.0f}", "a second"),
    "CPU": ("{:.0f}", "us of CPU"),
    "sink": ("{:.0f}", "us of CPU in the sink"),
    "switches": ("{:.2f}", "context switches"),
    "memory": ("{:.0f}", "MiB"),
}

rounds, messages, sink = (int(argument) for argument in sys.argv[1:4])
drained = [folder for folder in sys.argv[4].split(":") if folder]
senders = [sys.argv[at : at + 3] for at in range(5, len(sys.argv), 3)]
names = [name for name, _, _ in senders]
taken = {name: [] for name in names}
for number in range(rounds):
    # Nobody is always the one to come after the same other.
    for name, folder, command in senders[number % len(senders) :] + senders[: number % len(senders)]:
        drain(drained)
        taken[name].append(turn(folder, command, sink))
    for name in names:
        shown = (f"{form.format(taken[name][-1][what])} {unit}" for what, (form, unit) in FORMS.items())
        print(f"round {number + 1}, {name}: {', '.join(shown)}", flush=True)


def spread(values, form):
    return f"{form} ({form} to {form})".format(statistics.median(values), min(values), max(values))


print(f"\nmedian (least to most) of {rounds} rounds:")
for name in names:
    for what, (form, unit) in FORMS.items():
        print(f"{name}: {spread([one[what] for one in taken[name]], form)} {unit}")


def compare(name, other):
    pairs = list(zip(taken[name], taken[other]))
    for what in ("rate", "CPU"):
        print(f"{name} beside {other}, {what}: {spread([one[what] / two[what] for one, two in pairs], '{:.2f}')} times")
    print(f"{name} beside {other}, CPU: {spread([one['CPU'] - two['CPU'] for one, two in pairs], '{:+.0f}')} us")


for name in names[:-1]:
    compare(name, names[-1])
for name in names[1:-1]:
    compare(names[0], name)
