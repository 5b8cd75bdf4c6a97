"""Clients that request much and read nothing, and clients that leave in the middle: over TLS, frame by frame."""
import os, socket, ssl, struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 0x1, 0x4
INITIAL_WINDOW_SIZE = 4


def connect(port, certs, protocol):
    context = ssl.create_default_context(cafile=os.path.join(certs, "ca.pem"))
    context.check_hostname = False
    context.set_alpn_protocols([protocol])
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    return context.wrap_socket(connection, server_hostname="localhost")


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def block(fields):
    """A header block of literals without indexing (RFC 7541 6.2.2)."""
    text = lambda value: bytes([len(value)]) + value
    return b"".join(b"\x00" + text(name) + text(value) for name, value in fields)


def head(method, path):
    return block([(b":method", method), (b":scheme", b"https"), (b":authority", b"localhost"), (b":path", path)])


class Stalled:
    """One HTTP/2 connection with many requests in progress. It opens no window and receives nothing."""

    def __init__(self, port, certs, streams, uploads=False):
        self.connection = connect(port, certs, "h2")
        parts = [PREFACE, frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, 0))]
        for index in range(streams):
            stream = 1 + 2 * index
            if uploads:
                parts.append(frame(HEADERS, END_HEADERS, stream, head(b"POST", b"/echo")))
            else:
                parts.append(frame(HEADERS, END_HEADERS | END_STREAM, stream, head(b"GET", b"/bytes/1073741824")))
        try:
            self.connection.sendall(b"".join(parts))
            # The connection's first window (RFC 9113 6.9.2), shared among the streams.
            for index in range(streams if uploads else 0):
                self.connection.sendall(frame(DATA, 0, 1 + 2 * index, bytes(65535 // streams)))
        except OSError:
            # A balancer that is short of memory closes the connections that hold the most.
            pass

    def close(self):
        self.connection.close()


def abort(port, certs, count):
    """HTTP/1.1 clients that reset their connection during the response."""
    for _ in range(count):
        connection = connect(port, certs, "http/1.1")
        connection.sendall(b"GET /bytes/1073741824 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
