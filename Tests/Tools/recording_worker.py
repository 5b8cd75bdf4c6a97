#!/usr/bin/env python3
"""A worker that does not parse requests: an application receives the balancer's bytes unchanged.

    Tests/Tools/recording_worker.py --id ID --port PORT --balancer PORT --application PORT [--certs DIR]

It registers with the balancer, sends watch requests and responds to probes, like any worker. It demultiplexes the
balancer's multiplexed connections: each stream becomes a connection of its own to the application's port on this host.
The application's output goes back on the stream. So the application sees the exact bytes between balancer and worker,
and it may check them strictly.

Without --certs it acts as a worker of the plain build. It shares no code with the worker; it implements the documented
protocol (Sources/Multiplexing). It ends when the balancer ends.
"""
import argparse, asyncio, json, ssl, sys, time

PREFACE = b"USTDY/1\n"
OPEN, DATA, END, RESET, REFUSE, CREDIT = range(6)
WINDOW = 128 << 10
PAYLOAD = 64 << 10


class Stream:
    """One stream and its connection to the application."""

    def __init__(self, connection, name):
        self.connection = connection
        self.name = name
        self.received = asyncio.Queue()
        self.credit = WINDOW
        self.credited = asyncio.Event()
        self.is_open = True
        self.task = asyncio.create_task(self.serve())

    async def serve(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.connection.application)
        answers = asyncio.create_task(self.answer(reader))
        try:
            while (piece := await self.received.get()) is not None:
                writer.write(piece)
                await writer.drain()
                self.send(CREDIT, len(piece).to_bytes(4, "big"))
            writer.write_eof()
            await answers
        except (ConnectionError, asyncio.CancelledError):
            # The balancer or the application has aborted the stream.
            writer.transport.abort()
            self.send(RESET)
        finally:
            answers.cancel()
            writer.close()
            self.is_open = False
            self.connection.streams.pop(self.name, None)

    async def answer(self, reader):
        while piece := await reader.read(PAYLOAD):
            while piece:
                while self.credit == 0:
                    self.credited.clear()
                    await self.credited.wait()
                part, piece = piece[: self.credit], piece[self.credit :]
                self.credit -= len(part)
                self.send(DATA, part)
                await self.connection.writer.drain()
        self.send(END)

    def send(self, kind, payload=b""):
        if self.is_open and not self.connection.writer.is_closing():
            header = bytes([kind]) + len(payload).to_bytes(3, "big") + self.name.to_bytes(4, "big")
            self.connection.writer.write(header + payload)

    def gain(self, amount):
        self.credit += amount
        self.credited.set()


class Connection:
    """A multiplexed connection from the balancer, after its preface."""

    def __init__(self, reader, writer, application):
        self.reader, self.writer, self.application = reader, writer, application
        self.streams = {}

    async def serve(self):
        try:
            while True:
                header = await self.reader.readexactly(8)
                kind, name = header[0], int.from_bytes(header[4:], "big")
                payload = await self.reader.readexactly(int.from_bytes(header[1:4], "big"))
                if kind == OPEN:
                    assert name not in self.streams, "a stream was begun twice"
                    self.streams[name] = Stream(self, name)
                stream = self.streams.get(name)
                if stream is None:
                    continue
                if kind in (OPEN, DATA):
                    stream.received.put_nowait(payload)
                elif kind == END:
                    stream.received.put_nowait(None)
                elif kind in (RESET, REFUSE):
                    stream.is_open = False
                    stream.task.cancel()
                elif kind == CREDIT:
                    stream.gain(int.from_bytes(payload, "big"))
                else:
                    raise ValueError(f"a frame of kind {kind}")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for stream in list(self.streams.values()):
                stream.task.cancel()


async def arrived(options, reader, writer):
    """Serves a connection from the balancer: a multiplexed connection or a connection for probes."""
    try:
        first = await reader.readexactly(len(PREFACE))
        if first == PREFACE:
            await Connection(reader, writer, options.application).serve()
            return
        while True:
            head = first + await reader.readuntil(b"\r\n\r\n")
            assert b"\r\nunderstudy-probe: 1\r\n" in head, f"no probe: {head}"
            first = b""
            node = f"HTTP/1.1 200 OK\r\nunderstudy-node: {options.id}\r\ncontent-length: 0\r\n\r\n"
            writer.write(node.encode())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


class Balancer:
    """A client of the cluster port, with one connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def ask(self, path, question):
        body = json.dumps(question).encode()
        head = f"POST /cluster/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = head.split("content-length:")[1].split("\r\n")[0]
        answer = await self.reader.readexactly(int(length))
        if " 200 " not in head.split("\r\n")[0]:
            sys.exit(f"recording_worker: {path} was answered: {answer.decode()}")
        return json.loads(answer)


async def main(options):
    server_context = client_context = None
    if options.certs:
        node = f"{options.certs}/nodes/{options.id}/worker"
        server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=f"{options.certs}/ca.pem")
        server_context.verify_mode = ssl.CERT_REQUIRED
        server_context.set_alpn_protocols(["understudy/1", "http/1.1"])
        client_context = ssl.create_default_context(cafile=f"{options.certs}/ca.pem")
        for context in (server_context, client_context):
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.load_cert_chain(f"{node}.pem", f"{node}.key")
    await asyncio.start_server(
        lambda reader, writer: arrived(options, reader, writer), "127.0.0.1", options.port, ssl=server_context
    )
    names = {"server_hostname": "localhost"} if client_context else {}
    balancer = Balancer(*await asyncio.open_connection("127.0.0.1", options.balancer, ssl=client_context, **names))
    claim = {"id": options.id, "incarnation": time.time_ns() // 1_000_000}
    place = {"host": "127.0.0.1", "port": options.port, "mayStandIn": False, "capacity": 1, "maximumEpochSeen": 0}
    epoch = (await balancer.ask("register", {**claim, **place}))["snapshot"]["epoch"]
    seen = {"epochSeen": epoch, "snapshotEpoch": epoch, "snapshotVersion": 0, "inFlight": 0}
    while True:
        await balancer.ask("watch", {**claim, **seen})
        # Between two watch requests, only the end of the connection can arrive.
        try:
            if await asyncio.wait_for(balancer.reader.read(1), 0.1) == b"":
                raise ConnectionError
        except asyncio.TimeoutError:
            pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--id", required=True)
    for option in ("--port", "--balancer", "--application"):
        parser.add_argument(option, type=int, required=True)
    parser.add_argument("--certs")
    try:
        asyncio.run(main(parser.parse_args()))
    except (asyncio.IncompleteReadError, ConnectionError):
        sys.exit("recording_worker: the balancer has gone")
