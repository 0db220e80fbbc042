"""Asks for a page at a steady rate, and writes how long the answers took: pace.py PORT RATE FILE"""

import asyncio
import signal
import sys
import time

port, rate, file = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
took = []


async def worker(share):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter()
    while True:
        due += 1 / share
        await asyncio.sleep(max(0, due - time.perf_counter()))
        begun = time.perf_counter()
        writer.write(b"GET /editions/1?bands=8-10 HTTP/1.1\r\nHost: a\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        took.append(time.perf_counter() - begun)


async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tasks = [asyncio.create_task(worker(rate / 10)) for _ in range(10)]
    await stop.wait()
    for task in tasks:
        task.cancel()
    took.sort()
    with open(file, "w") as out:
        if took:
            at = lambda part: took[int(len(took) * part)] * 1000
            out.write(f"{len(took)} answers, half within {at(0.5):.1f} ms, 99 % within {at(0.99):.1f} ms")
        else:
            out.write("no answer")


asyncio.run(main())
