"""Attacks of a peer that holds a certificate of the cluster: a worker's, or an operator's.

In the plain build the same attacks run without a certificate.
"""

import json
import socket
import threading
import time

from http1 import push

# A liar's epochs: far ahead, at the limits of signed and unsigned numbers, and a little ahead.
HIGH_EPOCHS = [1 << 62, (1 << 63) - 1, (1 << 64) - 1, 1 << 32, (1 << 62) - 1, 1000, 2]
LIAR = "nodes/liar/worker"
OPERATOR = "clients/operator"


def holder(name):
    return OPERATOR if name == "operator" else LIAR


class Conversation:
    """Requests and responses of the cluster protocol over one connection."""

    def __init__(self, target, port, certificate=LIAR, timeout=3.0):
        # Only a worker's own port offers another protocol.
        self.connection = target.secure(port, certificate, timeout=timeout)
        self.received = b""

    def ask(self, path, message, fields=b""):
        """Returns the status and the content of the response."""
        self.connection.sendall(post(path, message, fields))
        while b"\r\n\r\n" not in self.received:
            self.take()
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        while len(self.received) < length:
            self.take()
        content, self.received = self.received[:length], self.received[length:]
        return int(head.split(b" ", 2)[1]), content

    def take(self):
        piece = self.connection.recv(1 << 16)
        if not piece:
            raise EOFError
        self.received += piece

    def close(self):
        self.connection.close()


def post(path, message, fields=b""):
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n".encode()
    return head + fields + b"\r\n" + content


def registration(name="liar", host="127.0.0.1", port=9, **others):
    return {
        "id": name, "host": host, "port": port, "incarnation": time.time_ns() // 1000, "mayStandIn": False, "capacity": 1,
        "maximumEpochSeen": 0, **others,
    }  # fmt: skip


def watch(name="liar", epoch=1, **others):
    return {
        "id": name, "incarnation": time.time_ns() // 1000, "epochSeen": epoch, "snapshotEpoch": epoch, "snapshotVersion": 0,
        "inFlight": 0, **others,
    }  # fmt: skip


def say(target, port, certificate, statements):
    """Sends each statement over a connection of its own, repeatedly. No response may be 200."""

    def once(number):
        for path, message, allowed in statements:
            try:
                conversation = Conversation(target, port, certificate)
            except OSError as error:
                target.note(type(error).__name__)
                time.sleep(0.02)
                continue
            try:
                status, content = conversation.ask(path, message)
                target.note(f"{path} {status}")
                if status == 200 and not allowed:
                    target.gained(f"{path} {str(message)[:120]} was answered {content[:120]!r}")
            except (OSError, EOFError, ValueError, IndexError) as error:
                target.note(f"{path} {type(error).__name__}")
            finally:
                target.did()
                conversation.close()
            if target.is_over:
                return

    target.together(2, once)


def claimed_epochs(target, where, who="liar"):
    """Sends high epochs in every message that contains one, and in the field of a balancer's request."""
    certificate = holder(who)
    if where == "prevote":
        # A worker may be asked. Its answer is its own opinion.
        statements = [
            ("/cluster/v1/prevote", {"candidate": "liar", "epochSeen": epoch, "acrossHosts": across}, True)
            for epoch in HIGH_EPOCHS
            for across in (False, True)
        ]
        say(target, target.workers[0], certificate, statements)
        return
    message = {
        "scout": lambda epoch: ("/cluster/v1/scout", {"epochSeen": epoch}, True),
        "register": lambda epoch: ("/cluster/v1/register", registration(maximumEpochSeen=epoch), False),
        "watch": lambda epoch: ("/cluster/v1/watch", watch(epoch=epoch), False),
    }[where]
    say(target, target.cluster, certificate, [message(epoch) for epoch in HIGH_EPOCHS])


def balancers_requests(target, who="liar"):
    """Sends requests to a worker that only a balancer may send, with high epochs."""

    def once(_):
        for epoch in HIGH_EPOCHS:
            conversation = Conversation(target, target.workers[0], holder(who))
            try:
                status, content = conversation.ask("/echo", b"x", b"understudy-epoch: %d\r\n" % epoch)
                target.note(f"/echo {status}")
                if status == 200:
                    target.gained(f"a worker served {content[:40]!r}")
            except (OSError, EOFError) as error:
                target.note(type(error).__name__)
            finally:
                target.did()
                conversation.close()

    target.together(2, once)


def others_names(target, who="liar"):
    """Registers, watches, drains and removes under the names and addresses of others."""
    others = [f"worker-800{number}" for number in (1, 2, 3)] + ["balancer", "operator"]
    ports = target.workers + [target.public, target.cluster, target.admin, 22]
    statements = [("/cluster/v1/register", registration(name=name, port=port), False) for name in others for port in ports[:3]]
    statements += [("/cluster/v1/register", registration(port=port), False) for port in ports]
    statements += [("/cluster/v1/watch", watch(name=name), False) for name in others]
    if who == "liar":
        leave = {"incarnation": 1 << 62}
        statements += [(f"/cluster/v1/{end}", {"id": name, **leave}, False) for name in others for end in ("drain", "leave")]
    say(target, target.cluster, holder(who), statements)


def odd_claims(target):
    """Registers with the claims to stand in, to share the balancer's lock domain, and to have the capacity of a thousand workers."""
    claims = [
        {"mayStandIn": True, "home": "0000000000000001", "port": target.workers[0] - 1},
        {"mayStandIn": True, "home": "0000000000000001", "acrossHosts": True, "port": 1},
        {"capacity": 1 << 40}, {"capacity": -1}, {"capacity": 0}, {"maximumRequests": -1}, {"incarnation": (1 << 64) - 1},
        {"home": "x" * 5000}, {"host": "a" * 5000}, {"host": "../../etc/passwd"}, {"id": "../balancer"}, {"id": "x" * 5000},
    ]  # fmt: skip
    statements = [("/cluster/v1/register", {**registration(), **claim}, False) for claim in claims]
    say(target, target.cluster, LIAR, statements)


def costly_messages():
    """Sends JSON that costs its reader much more than its sender."""
    keys = b"{" + b",".join(b'"%x":%d' % (number, number % 10) for number in range(6000)) + b',"epochSeen":0}'
    return {
        "keys": keys,
        "numbers": b'{"epochSeen":0,"x":[' + b",".join([b"1"] * 30000) + b"]}",
        "depth": b'{"x":' * 9000 + b"1" + b"}" * 9000,
        "lists": b"[" * 60000,
        "digits": b'{"epochSeen":' + b"9" * 60000 + b"}",
        "exponent": b'{"epochSeen":1e999999999}',
        "escapes": b'{"candidate":"' + b"\\u0061" * 10000 + b'","epochSeen":0}',
        "surrogates": b'{"id":"' + b"\\ud800" * 10000 + b'"}',
    }


def costly_json(target, port, paths, count, who="liar"):
    """Sends every expensive message to every path, over `count` connections at once."""
    batches = [post(f"/cluster/v1/{path}", message) for message in costly_messages().values() for path in paths.split("+")]

    def once(number):
        connection = target.secure(target.port(port), holder(who))
        try:
            for batch in batches[number % len(batches) :] + batches:
                connection.sendall(batch)
                target.did()
                if connection.recv(1 << 16) == b"" or target.is_over:
                    return
        finally:
            connection.close()

    target.together(count, once)


def pipelined(target, port, path, count, who="liar"):
    """Pipelines requests and does not read the answers."""
    batch = post(f"/cluster/v1/{path}", {"epochSeen": 0, "candidate": "liar"}) * 200
    push(target, count, lambda: target.secure(target.port(port), holder(who)), batch, reads=False)


def stored_streams(target, who="liar"):
    """Fills streams of a worker with pipelined requests, and takes no answer. Only a balancer may speak this protocol."""

    def frame(kind, stream, payload):
        return bytes([kind]) + len(payload).to_bytes(3, "big") + stream.to_bytes(4, "big") + payload

    requests = (post("/cluster/v1/prevote", {"epochSeen": 0, "candidate": "liar"}) * 500)[: 60 << 10]

    def once(_):
        connection = target.secure(target.workers[0], holder(who), protocols=["understudy/1"])
        target.did()
        try:
            connection.sendall(b"USTDY/1\n")
            for stream in range(1024):
                # Without credit the answers wait in the worker.
                connection.sendall(frame(0, stream, requests) + frame(5, stream, bytes(4)) + frame(1, stream, requests))
            time.sleep(max(0.0, target.end - time.monotonic()))
        finally:
            connection.close()

    target.together(4, once)


def many_connections(target, port, count, who="liar"):
    """Opens as many connections as possible for one identity."""
    target.hold(count, lambda: target.secure(target.port(port), holder(who)))


def slow_bodies(target, port, path, count, who="liar"):
    """Sends requests with a certificate, with the content byte by byte."""
    start = f"POST /cluster/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n".encode()

    def begin():
        connection = target.secure(target.port(port), holder(who))
        connection.sendall(start)
        return connection

    target.hold(count, begin, lambda connection: connection.send(b"x"), interval=0.25)


def connect_backs(target, threads):
    """Registers with addresses of others: hosts that the certificate does not name, and ports of this host."""
    listener = socket.socket()
    listener.bind(("127.0.0.77", 0))
    listener.listen(128)
    listener.settimeout(0.1)

    def wait():
        while not target.is_over:
            try:
                listener.accept()[0].close()
                target.gained("a connection to a host that the certificate does not name")
            except TimeoutError:
                pass

    if target.certificates:
        threading.Thread(target=wait, daemon=True).start()
    places = [("127.0.0.77", listener.getsockname()[1])] + [("127.0.0.1", port) for port in range(1, 40)]

    def once(number):
        for host, port in places[number % len(places) :] + places:
            conversation = Conversation(target, target.cluster)
            try:
                status, content = conversation.ask("/cluster/v1/register", registration(host=host, port=port))
                target.note(f"register {status}")
                if status == 200:
                    target.gained(f"a place in the registry as {host}:{port}")
            finally:
                target.did()
                conversation.close()
            if target.is_over:
                return

    target.together(threads, once)
