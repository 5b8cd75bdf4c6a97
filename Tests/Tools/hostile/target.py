"""The common part of all attacks: the cluster's addresses, the attacker, the end of the time, and the report."""

import os
import resource
import socket
import ssl
import threading
import time

# On Linux connect(2) chooses the port of a bound address, so many connections share the ports.
IP_BIND_ADDRESS_NO_PORT = 24
# After this pause a refused or broken connection is opened again.
PAUSE_SECONDS = 0.02
ERRORS = (OSError, EOFError, ValueError, IndexError)


def become(user):
    """Raises the descriptor limit, and drops every right except this user's; 0 for no change of user."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


class Target:
    """The cluster under attack, from the view of one attack."""

    def __init__(self, options, end):
        self.public, self.cluster, self.admin = options.public, options.cluster, options.admin
        self.workers = [int(port) for port in options.workers.split(",") if port]
        self.state = options.state
        self.certificates = options.certs
        self.source = options.source
        self.epoch = options.epoch
        self.end = end
        self.lock = threading.Lock()
        self.acts = 0
        self.gains = set()
        self.notes = {}

    # The attacker's results.

    def did(self, count=1):
        """Counts a part of the attack that reached the cluster."""
        with self.lock:
            self.acts += count

    def gained(self, what):
        """Records a forbidden gain."""
        with self.lock:
            self.gains.add(what)

    def note(self, what):
        """Records an observation for the diagnosis of a failure."""
        with self.lock:
            self.notes[what] = self.notes.get(what, 0) + 1

    @property
    def is_over(self):
        return time.monotonic() >= self.end

    def port(self, name):
        """The port with this name: public, cluster, admin, or worker for the first worker's port."""
        return self.workers[0] if name == "worker" else getattr(self, name)

    # Connections.

    def connect(self, port, timeout=2.0):
        """A TCP connection from the attacker's own address."""
        made = socket.socket()
        made.settimeout(timeout)
        try:
            if self.source:
                made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                made.bind((self.source, 0))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.connect(("127.0.0.1", port))
        except OSError:
            made.close()
            raise
        return made

    def context(self, holder=None, protocols=()):
        """The settings of a TLS client. `holder` is the path of a certificate below the certificates' folder, without its ending."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        if holder:
            leaf = f"{self.certificates}/{holder}"
            made.load_cert_chain(f"{leaf}.pem", f"{leaf}.key")
        if protocols:
            made.set_alpn_protocols(list(protocols))
        return made

    def secure(self, port, holder=None, protocols=(), timeout=2.0):
        """A connection with a finished handshake; plain TCP in the plain build."""
        made = self.connect(port, timeout)
        if not self.certificates:
            return made
        try:
            return self.context(holder, protocols).wrap_socket(made, server_hostname="localhost")
        except ERRORS:
            made.close()
            raise

    def together(self, count, body):
        """Runs `body(number)` in `count` threads, repeatedly until the time is over."""

        def repeat(number):
            while not self.is_over:
                try:
                    body(number)
                except ERRORS as error:
                    self.note(type(error).__name__)
                    time.sleep(PAUSE_SECONDS)

        threads = [threading.Thread(target=repeat, args=(number,), daemon=True) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, self.end - time.monotonic()) + 3)

    def hold(self, count, begin, step=lambda connection: None, interval=0.1):
        """Keeps `count` connections of `begin()` open, and calls `step` with each of them once an interval.

        A connection that the cluster closes is replaced by a new one.
        """
        held = []
        while not self.is_over:
            round_end = time.monotonic() + interval
            while len(held) < count and time.monotonic() < min(round_end, self.end):
                try:
                    made = begin()
                    made.setblocking(False)
                    held.append(made)
                    self.did()
                except ERRORS as error:
                    self.note(type(error).__name__)
                    break
            kept = []
            for connection in held:
                if self.is_over:
                    kept.append(connection)
                    continue
                try:
                    step(connection)
                    if not has_ended(connection):
                        kept.append(connection)
                        continue
                except WOULD_BLOCK:
                    kept.append(connection)
                    continue
                except ERRORS as error:
                    self.note(type(error).__name__)
                connection.close()
            held = kept
            time.sleep(max(0.0, min(round_end, self.end) - time.monotonic()))
        for connection in held:
            connection.close()


WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def has_ended(connection):
    """True if the peer has closed a connection. It reads no bytes."""
    try:
        return socket.socket.recv(connection, 1, socket.MSG_PEEK) == b""
    except WOULD_BLOCK:
        return False
    except OSError:
        return True


class Pusher:
    """Sends without waiting. A message is sent completely or queued."""

    def __init__(self, connection):
        self.connection = connection
        self.pending = b""
        connection.setblocking(False)

    def push(self, message):
        """Sends the pending bytes, or else `message`. Returns the number of messages begun: 0 or 1."""
        begun = 0
        if not self.pending:
            self.pending, begun = message, 1
        try:
            while self.pending:
                self.pending = self.pending[self.connection.send(self.pending) :]
        except WOULD_BLOCK:
            pass
        return begun

    def drain(self):
        """Returns the received bytes. Raises EOFError at the end."""
        try:
            while True:
                if self.connection.recv(1 << 16) == b"":
                    raise EOFError
        except WOULD_BLOCK:
            pass
