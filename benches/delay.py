"""Passes TCP connections on, and holds every answer back: delay.py LISTEN_PORT TO_PORT MILLISECONDS."""
import asyncio
import sys

listen, to, delay = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) / 1000


class Side(asyncio.Protocol):
    """One end of a passed connection; what arrives here leaves at `other` after `wait` seconds."""

    def __init__(self, wait):
        self.wait, self.other, self.transport, self.early = wait, None, None, []

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if self.other is None:
            self.early.append(data)
        elif self.wait:
            asyncio.get_running_loop().call_later(self.wait, self.pass_on, data)
        else:
            self.pass_on(data)

    def pass_on(self, data):
        self.other.transport.write(data)

    def connection_lost(self, _):
        if self.other is not None and self.other.transport is not None:
            asyncio.get_running_loop().call_later(self.wait, self.other.transport.close)


class Client(Side):
    def __init__(self):
        super().__init__(0)

    def connection_made(self, transport):
        super().connection_made(transport)
        asyncio.get_running_loop().create_task(self.join())

    async def join(self):
        _, server = await asyncio.get_running_loop().create_connection(lambda: Side(delay), "127.0.0.1", to)
        server.other, self.other = self, server
        for data in server.early:
            server.data_received(data)
        for data in self.early:
            self.pass_on(data)


async def main():
    server = await asyncio.get_running_loop().create_server(Client, "127.0.0.1", listen, backlog=512)
    await server.serve_forever()


asyncio.run(main())
