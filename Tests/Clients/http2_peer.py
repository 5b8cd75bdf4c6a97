"""An HTTP/2 client, over TLS or without. The caller decides on its frames and its end."""

import socket
import ssl
import urllib.parse

import h2.config
import h2.connection
import h2.events


class Peer:
    """One connection. `flush` sends the queued frames."""

    def __init__(self, base, context):
        place = urllib.parse.urlsplit(base)
        self.authority = place.netloc
        self.scheme = place.scheme
        self.socket = socket.create_connection((place.hostname, place.port), timeout=20)
        self.tls = None
        if context:
            context.set_alpn_protocols(["h2"])
            self.came, self.goes = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = context.wrap_bio(self.came, self.goes, server_hostname=place.hostname)
            self.until_done(self.tls.do_handshake)
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(validate_outbound_headers=False, header_encoding="utf-8")
        )
        self.h2.initiate_connection()
        self.flush()

    def until_done(self, step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.leave()
                data = self.socket.recv(65536)
                if data:
                    self.came.write(data)
                else:
                    self.came.write_eof()
            finally:
                self.leave()

    def leave(self):
        if self.goes.pending:
            self.socket.sendall(self.goes.read())

    def write(self, data):
        if self.tls is None:
            self.socket.sendall(data)
        elif data:
            self.tls.write(data)
            self.leave()

    def flush(self):
        self.write(self.h2.data_to_send())

    def begin(self, path, method="GET", is_end=True):
        stream = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", self.scheme), (":authority", self.authority), (":path", path)]
        self.h2.send_headers(stream, fields, end_stream=is_end)
        return stream

    def end_input(self):
        """Closes the sending side and continues to read: close_notify with TLS."""
        if self.tls is None:
            return self.socket.shutdown(socket.SHUT_WR)
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.leave()

    def read(self):
        """The next bytes; empty at the end."""
        if self.tls is None:
            return self.socket.recv(65536)
        try:
            return self.until_done(lambda: self.tls.read(65536))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def events(self):
        """All bytes up to the end of the connection."""
        while data := self.read():
            yield from self.h2.receive_data(data)

    def close(self):
        self.socket.close()
