#!/usr/bin/env python3
"""An open-loop client: a new connection for each request, at a fixed rate, whatever the server's state.

    Tests/Tools/open_loop.py URL [--rate N] [--write-every N] [--timeout SECONDS] [--seconds N]

The client uses HTTP or HTTPS (it does not verify certificates) and sends one request per connection. It starts each
request on schedule and does not wait for the previous one. So it also sends the requests that a stalled server would
otherwise not receive. Each finished request is one line on standard output:

    BEGAN ENDED OUTCOME STATUS NAME

BEGAN and ENDED are seconds of the monotonic clock. NAME is the line of a write, or the worker in the response to a
read. STATUS is 0 without a complete response. OUTCOME is one of these words:
    answered    a complete response arrived, with any status
    refused     no process listened on the port
    reset       the connection was reset
    lost        the connection ended before the complete response arrived
    timeout     the request took longer than the time limit
    unsent      too many requests were in progress

SIGTERM, --seconds or --count ends the client.
"""
import argparse, os, resource, select, signal, socket, ssl, sys, time
from urllib.parse import urlsplit

LIMIT = 4000


class Request:
    """One request in progress. `advance` does all that is possible now; `wants` is the epoll event to wait for next."""

    def __init__(self, client, name, head, body=b""):
        self.client = client
        self.name = name
        self.began = time.monotonic()
        self.outcome = None
        self.status = 0
        self.output = head + body
        self.answer = bytearray()
        self.handshaking = client.tls is not None
        self.wants = select.EPOLLOUT
        self.socket = socket.socket(client.family, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.connected = False
        code = self.socket.connect_ex(client.address)
        if code not in (0, 115):
            self.end(self.kind(OSError(code, "")))

    def kind(self, error):
        if isinstance(error, ConnectionRefusedError) or error.errno == 111:
            return "refused"
        if isinstance(error, (ConnectionResetError, BrokenPipeError)) or error.errno in (104, 32):
            return "reset"
        return "lost"

    def end(self, outcome):
        if self.outcome:
            return
        self.outcome = outcome
        self.ended = time.monotonic()
        self.socket.close()
        self.client.finished(self)

    def advance(self):
        try:
            if not self.connected:
                code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code:
                    self.end(self.kind(OSError(code, "")))
                    return
                self.connected = True
                if self.handshaking:
                    self.socket = self.client.tls.wrap_socket(self.socket, do_handshake_on_connect=False)
            if self.handshaking:
                self.socket.do_handshake()
                self.handshaking = False
            while self.output:
                self.output = self.output[self.socket.send(self.output):]
            while True:
                piece = self.socket.recv(65536)
                if not piece:
                    self.finish()
                    return
                self.answer += piece
                if self.is_whole():
                    self.finish()
                    return
        except (ssl.SSLWantReadError, BlockingIOError):
            self.wants = select.EPOLLOUT if self.output and not self.handshaking and not self.client.tls else select.EPOLLIN
        except ssl.SSLWantWriteError:
            self.wants = select.EPOLLOUT
        except ssl.SSLError:
            self.end("lost")
        except OSError as error:
            self.end(self.kind(error))

    def head(self):
        head, separator, _ = bytes(self.answer).partition(b"\r\n\r\n")
        return head if separator else None

    def is_whole(self):
        head = self.head()
        if head is None:
            return False
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                return len(self.answer) >= len(head) + 4 + int(value)
        return False

    def finish(self):
        head = self.head()
        if head is None or not self.is_whole():
            self.end("lost")
            return
        self.status = int(head.split(b" ", 2)[1])
        self.end("answered")


class OpenLoop:
    """Starts requests at a fixed rate and drives them. Each `step` returns the requests that have ended since."""

    def __init__(self, url, rate=100, write_every=0, timeout=30.0, post=None, most=0):
        parts = urlsplit(url)
        self.tls = None
        if parts.scheme == "https":
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.tls.check_hostname = False
            self.tls.verify_mode = ssl.CERT_NONE
        port = parts.port or (443 if self.tls else 80)
        self.family, _, _, _, self.address = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)[0]
        self.host = parts.netloc
        self.path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        self.post = post
        self.most = most
        self.interval = 1 / rate
        self.write_every = write_every
        self.timeout = timeout
        self.poll = select.epoll()
        self.pending = {}
        self.done = []
        self.count = 0
        self.due = time.monotonic()

    def start(self):
        """Starts a request immediately."""
        self.count += 1
        if self.write_every and self.count % self.write_every == 0:
            name = f"w-{os.getpid()}-{self.count}"
            body = name.encode()
            head = f"POST /write HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        elif self.post is not None:
            name, body = "-", self.post.encode()
            head = f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        else:
            name, body = "-", b""
            head = f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n"
        if len(self.pending) >= LIMIT:
            now = time.monotonic()
            unsent = type("Unsent", (), dict(began=now, ended=now, outcome="unsent", status=0, name=name, answer=b""))
            self.done.append(unsent)
            return None
        request = Request(self, name, head.encode(), body)
        if not request.outcome:
            request.descriptor = request.socket.fileno()
            self.pending[request.descriptor] = request
            self.poll.register(request.descriptor, request.wants)
        return request

    def finished(self, request):
        descriptor = getattr(request, "descriptor", None)
        if descriptor is not None:
            self.pending.pop(descriptor, None)
        self.done.append(request)

    def step(self, until):
        """Starts due requests, then waits once for events of the requests in progress: at most until the given instant.

        Returns the requests that have ended.
        """
        now = time.monotonic()
        while self.due <= now:
            self.due += self.interval
            self.start()
            if self.count == self.most:
                self.due = float("inf")
        wait = max(0.0, min(self.due, until) - time.monotonic())
        for descriptor, _ in self.poll.poll(wait):
            request = self.pending.get(descriptor)
            if request is None:
                continue
            before = request.wants
            request.advance()
            if not request.outcome and request.wants != before:
                self.poll.modify(descriptor, request.wants)
        now = time.monotonic()
        # `pending` is in the order of the starts, so the first request is the oldest.
        while self.pending:
            oldest = next(iter(self.pending.values()))
            if now - oldest.began < self.timeout:
                break
            oldest.end("timeout")
        done, self.done = self.done, []
        return done


def line(request):
    name = request.name
    if name == "-" and request.status == 200:
        name = bytes(request.answer).rpartition(b"\r\n\r\n")[2].strip().split(b" ")[0].decode("ascii", "replace")[:64] or "-"
    return f"{request.began:.6f} {request.ended:.6f} {request.outcome} {request.status} {name}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=100, help="requests per second")
    parser.add_argument("--write-every", type=int, default=0, help="every Nth request is POST /write of a line of its own")
    parser.add_argument("--post", help="requests are POSTs of this text")
    parser.add_argument("--count", type=int, default=0, help="begin no more than so many requests")
    parser.add_argument("--timeout", type=float, default=30.0)
    parser.add_argument("--seconds", type=float, default=0, help="stop by itself after that time")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop = OpenLoop(options.url, options.rate, options.write_every, options.timeout, options.post, options.count)
    ending = []
    signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
    end = time.monotonic() + options.seconds if options.seconds else float("inf")
    while not ending and time.monotonic() < end:
        for request in loop.step(time.monotonic() + 0.1):
            sys.stdout.write(line(request))
        sys.stdout.flush()
        if loop.count == options.count and not loop.pending:
            break
    # The requests in progress may finish. No new request starts.
    loop.due = float("inf")
    while loop.pending or loop.done:
        for request in loop.step(time.monotonic() + 0.1):
            sys.stdout.write(line(request))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
