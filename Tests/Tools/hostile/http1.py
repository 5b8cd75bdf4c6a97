"""Attacks of an HTTP/1.1 client, at the public port or the admin port."""

import itertools
import time

from target import ERRORS, PAUSE_SECONDS, Pusher, has_ended


def slow_heads(target, port, count):
    """Sends a byte of a head now and then, and never the last one."""
    slow(target, port, count, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"x")


def slow_bodies(target, port, count, path="/echo"):
    """Sends a byte of a long upload now and then."""
    slow(target, port, count, b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" % path.encode(), b"x")


def slow(target, port, count, start, piece):
    def begin():
        connection = open_connection(target, port)
        connection.sendall(start)
        return connection

    target.hold(count, begin, lambda connection: connection.send(piece), interval=0.25)


def open_connection(target, port):
    """Uses TLS if the port does."""
    return target.connect(target.admin) if port == "admin" else target.secure(target.port(port))


def pipelined(target, port, path, count, requests=200):
    """Sends as many requests as the connection accepts, and reads no response."""
    batch = (b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode()) * requests
    push(target, count, lambda: open_connection(target, port), batch, reads=False)


def push(target, count, connect, batch, reads):
    """Sends `batch` repeatedly on each of `count` connections."""
    pushers = []
    while not target.is_over:
        if len(pushers) < count:
            try:
                pushers.append(Pusher(connect()))
            except OSError as error:
                target.note(type(error).__name__)
        kept = []
        for pusher in pushers:
            try:
                target.did(pusher.push(batch))
                if reads:
                    pusher.drain()
                if not has_ended(pusher.connection):
                    kept.append(pusher)
                    continue
            except (OSError, EOFError) as error:
                target.note(type(error).__name__)
            pusher.connection.close()
        pushers = kept


def many_fields(target, count=3000, threads=4):
    """Sends heads of thousands of fields. The balancer has to reject each."""
    fields = b"".join(b"x-%d: y\r\n" % number for number in range(count))
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n"

    def once(_):
        connection = target.secure(target.public)
        try:
            connection.sendall(head)
            target.did()
            answer = connection.recv(64)
            if answer and b" 431 " not in answer:
                target.gained(f"an answer to {count} fields: {answer[:20]!r}")
        finally:
            connection.close()

    target.together(threads, once)


def unread_content(target, count, size):
    """Requests much content and reads none."""
    request = b"GET /bytes/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % size

    def begin():
        connection = target.secure(target.public)
        connection.sendall(request)
        return connection

    target.hold(count, begin)


def tiny_chunks(target, count):
    """Uploads in chunks of one byte, as fast as the balancer reads."""
    head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

    def connect():
        connection = target.secure(target.public)
        connection.sendall(head)
        return connection

    push(target, count, connect, b"1\r\nx\r\n" * 4000, reads=True)


def stalled_tunnels(target, count):
    """Opens WebSocket tunnels, sends to them and never reads."""
    head = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )

    def connect():
        connection = target.secure(target.public)
        connection.sendall(head)
        if b" 101 " not in connection.recv(4096):
            raise ValueError("no tunnel")
        return connection

    push(target, count, connect, b"\x82\xfe\x7f\xf8\0\0\0\0" + bytes(0x7FF8), reads=False)


# Right-to-left overrides, zero-width characters, the C1 string terminator and CSI as UTF-8, and a terminal's escape.
ODD_TEXT = "\u202e\u2066\u200b\ufeff\u009b31m\u0085".encode() + b"\x1b[2J\x07"


def requests(target, threads):
    """Sends one request after another, each over a connection of its own."""
    target.together(threads, lambda _: ask_once(target, b"GET / HTTP/1.1\r\nHost: localhost\r\n"))


def ask_once(target, start):
    """Sends a head with these lines, and waits a short time for the end of the connection."""
    connection = target.secure(target.public, timeout=1)
    try:
        connection.sendall(start + b"Connection: close\r\n\r\n")
        target.did()
        while connection.recv(1 << 16) and not target.is_over:
            pass
    except OSError as error:
        target.note(type(error).__name__)
    finally:
        connection.close()


def forged_lines(target):
    """Sends paths and fields that would forge a line of a log, or change the direction of a terminal's text."""
    starts = [
        b"GET /forged%0d%0a%1b HTTP/1.1\r\nHost: localhost\r\n",
        b"GET /%s HTTP/1.1\r\nHost: localhost\r\n" % ODD_TEXT,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: %s level=error reason=\"forged\"\r\n" % ODD_TEXT,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \"} forged\r\n",
        b"GET /?a=%%0d%%0aforged HTTP/1.1\r\nHost: localhost\r\nReferer: %s\r\n" % ODD_TEXT,
        b"GET / HTTP/1.1\r\nHost: %s\r\n" % ODD_TEXT,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: %s\r\n" % ODD_TEXT,
        b"GET / HTTP/1.1\r\nHost: localhost\r\ntraceparent: %s\r\n" % ODD_TEXT,
    ]
    heads = itertools.cycle(starts)
    target.together(1, lambda _: ask_once(target, next(heads)))


def held_messages(target, count):
    """Sends messages of 1 MiB that a worker holds for a minute."""
    content = b"a" * (1 << 20)
    head = b"POST /reverse?delay_ms=60000 HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(content)

    def begin():
        connection = target.secure(target.public)
        connection.sendall(head + content)
        return connection

    target.hold(count, begin)


def idle(target, count):
    """Sends one small request on each connection, and then stays silent. Replaces no connection that was closed."""
    held = []
    while not target.is_over and len(held) < count:
        try:
            connection = target.secure(target.public)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if not connection.recv(1000):
                raise EOFError
            held.append(connection)
            target.did()
        except ERRORS as error:
            target.note(type(error).__name__)
            time.sleep(PAUSE_SECONDS)
    while not target.is_over:
        time.sleep(PAUSE_SECONDS)
