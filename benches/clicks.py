"""Unsubscribes with one link after the other, and says how long the answers took.

clicks.py PORT LINKS CONNECTIONS [RATE PID]    at RATE a second, until the process has ended; without it, as fast as they are answered
"""

import asyncio
import os
import sys
import time

port, links, connections = int(sys.argv[1]), open(sys.argv[2]).read().split(), int(sys.argv[3])
rate, pid = (float(sys.argv[4]), sys.argv[5]) if len(sys.argv) > 4 else (0, None)
body = b"List-Unsubscribe=One-Click"
took = []


def is_over():
    """A child that has ended and was not waited for yet is a zombie."""
    if pid is None:
        return False
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].startswith("Z")
    except FileNotFoundError:
        return True


async def worker(mine):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter()
    for link in mine:
        if rate:
            due += connections / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
        if is_over():
            break
        begun = time.perf_counter()
        head = f"POST {link} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit(f"an answer was {head[:40]!r}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        took.append(time.perf_counter() - begun)
    writer.close()


async def main():
    begun = time.perf_counter()
    await asyncio.gather(*(worker(links[n::connections]) for n in range(connections)))
    seconds = time.perf_counter() - begun
    took.sort()
    if not took:
        sys.exit("nothing was asked")
    at = lambda part: took[min(len(took) - 1, int(len(took) * part))] * 1000
    print(
        f"{len(took)} answers, {len(took) / seconds:.0f} a second; half within {at(0.5):.1f} ms, 99 % within {at(0.99):.1f} ms,"
        f" the slowest {at(1):.1f} ms"
    )


asyncio.run(main())
