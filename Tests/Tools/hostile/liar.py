"""A lying member. It registers, watches and answers probes like a worker, and sends hostile responses.

It is beside the other attacks because it runs in the same way. It ends after its time, or when the balancer refuses it.
"""

import itertools
import json
import socket
import ssl
import threading
import time

from members import Conversation, registration

PREFACE = b"USTDY/1\n"
OPEN, DATA, END, RESET, REFUSE, CREDIT = range(6)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nliar\n"


def frame(kind, stream, payload=b""):
    return bytes([kind]) + len(payload).to_bytes(3, "big") + stream.to_bytes(4, "big") + payload


def response(fields=b"", content=b"liar\n", status=b"200 OK"):
    return b"HTTP/1.1 " + status + b"\r\n" + fields + b"content-length: %d\r\n\r\n" % len(content) + content


# The bytes for a request on `stream`; None closes the connection.
ANSWERS = {
    "well": lambda stream: frame(DATA, stream, OK) + frame(END, stream),
    "epochs": lambda stream: frame(
        DATA, stream, response(b"understudy-fenced: %d\r\n" % (1 << 62), b"", b"409 Conflict")
    )
    + frame(END, stream),
    "silence": lambda stream: b"",
    "heads": lambda stream: frame(DATA, stream, b"HTTP/1.1 200 OK\r\n" + b"a: bbbbbbbbbbbb\r\n" * 4000),
    "interim": lambda stream: frame(DATA, stream, b"HTTP/1.1 103 Early Hints\r\na: " + b"b" * 4000 + b"\r\n\r\n") * 200,
    "bodies": lambda stream: frame(DATA, stream, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    + frame(DATA, stream, b"4000\r\n" + bytes(0x4000) + b"\r\n") * 7,
    "excess": lambda stream: frame(DATA, stream, b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n")
    + frame(DATA, stream, bytes(65536)) * 40,
    "seconds": lambda stream: frame(DATA, stream, OK + response(content=b"smuggled")) + frame(END, stream),
    "garbage": lambda stream: frame(DATA, stream, b"\0\x80" * 8000),
    "kinds": lambda stream: frame(9, stream, b"x" * 100),
    "lengths": lambda stream: bytes([DATA]) + b"\xff\xff\xff" + stream.to_bytes(4, "big") + bytes(1000),
    "opens": lambda stream: frame(OPEN, stream + 1, OK),
    "strangers": lambda stream: b"".join(frame(DATA, (stream + 4096 * number) & 0xFFFFFFFF, bytes(64)) for number in range(1, 2000)),
    "credit": lambda stream: frame(CREDIT, stream, b"\xff\xff\xff\xff") * 100 + frame(DATA, stream, OK) + frame(END, stream),
    "nothing": lambda stream: frame(DATA, stream) * 40000 + frame(DATA, stream, OK) + frame(END, stream),
    "resets": lambda stream: frame(RESET, stream),
    "refuses": lambda stream: frame(REFUSE, stream),
    "hang-ups": lambda stream: None,
}  # fmt: skip


class Liar:
    """The server side: the balancer's connections for requests and for probes, and the prevotes of other workers."""

    def __init__(self, target, answers, probes, prevotes, port=0):
        self.target, self.probes, self.prevotes = target, probes, prevotes
        # A correct response between two lies: failures in a row would eject the liar soon.
        self.answers = itertools.cycle([kind for lie in answers.split("+") for kind in (lie, "well")])
        self.tls = None
        if target.certificates:
            leaf = f"{target.certificates}/nodes/liar/worker"
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(f"{leaf}.pem", f"{leaf}.key")
            self.tls.load_verify_locations(f"{target.certificates}/ca.pem")
            self.tls.verify_mode = ssl.CERT_REQUIRED
            self.tls.set_alpn_protocols(["understudy/1", "http/1.1"])
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            first = b""
            while len(first) < len(PREFACE):
                first += take(connection)
            if first.startswith(PREFACE):
                self.serve_streams(connection, first[len(PREFACE) :])
            else:
                self.serve_questions(connection, first)
        except (OSError, EOFError, ValueError, IndexError, StopIteration) as error:
            self.target.note(f"served {type(error).__name__}")
        finally:
            connection.close()

    def serve_questions(self, connection, received):
        while True:
            while b"\r\n\r\n" not in received:
                received += take(connection)
            head, _, received = received.partition(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            while len(received) < length:
                received += take(connection)
            received = received[length:]
            if b"/prevote" in lines[0]:
                self.target.note("asked for a vote")
                self.target.did()
                content = json.dumps(self.prevotes).encode()
                connection.sendall(response(content=content))
                continue
            self.target.note("probed")
            self.answer_probe(connection)

    def answer_probe(self, connection):
        node = b"understudy-node: liar\r\n"
        if self.probes == "flood" and self.target.acts:
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + node + b"transfer-encoding: chunked\r\n\r\n")
            while not self.target.is_over:
                connection.sendall(b"4000\r\n" + bytes(0x4000) + b"\r\n")
                self.target.did()
            raise EOFError
        if self.probes == "epochs":
            self.target.did()
            node += b"understudy-fenced: %d\r\nunderstudy-epoch: %d\r\n" % (1 << 62, 1 << 62)
        connection.sendall(response(node, b"ok\n"))

    def serve_streams(self, connection, received):
        connection.settimeout(None)
        heads = {}
        while True:
            while len(received) < 8:
                received += take(connection)
            kind, length, stream = received[0], int.from_bytes(received[1:4], "big"), int.from_bytes(received[4:8], "big")
            while len(received) < 8 + length:
                received += take(connection)
            payload, received = received[8 : 8 + length], received[8 + length :]
            if kind not in (OPEN, DATA):
                continue
            heads[stream] = heads.get(stream, b"") + payload
            if b"\r\n\r\n" not in heads[stream]:
                continue
            del heads[stream]
            lie = next(self.answers)
            self.target.note(f"answered {lie}")
            self.target.did()
            answer = ANSWERS[lie](stream)
            if answer is None:
                return
            connection.sendall(answer)


def take(connection):
    piece = connection.recv(1 << 16)
    if not piece:
        raise EOFError
    return piece


def serves(target, answers="well", probes="well", **claims):
    """Registers and stays a member until the end. Lies in `answers` to requests, each kind in turn, and to `probes`."""
    liar = Liar(target, answers, probes, {"agrees": False, "lastGoodCheckMilliseconds": 1, "epochSeen": target.epoch})
    stay(target, liar, claims)
    if answers == "well" and probes == "well":
        target.did()


def votes(target, home, port, agrees="never", epoch=0):
    """Claims the balancer's lock domain and the first rank, and answers every prevote with a lie."""
    answer = {"agrees": agrees == "always", "lastGoodCheckMilliseconds": 1, "epochSeen": epoch or target.epoch}
    liar = Liar(target, "well", "well", answer, port)
    stay(target, liar, {"mayStandIn": True, "home": home})


def stay(target, liar, claims):
    """A member's conversation with the balancer. Registers again after each end of it."""
    incarnation = time.time_ns() // 1_000_000
    while not target.is_over:
        try:
            conversation = Conversation(target, target.cluster)
            status, content = conversation.ask(
                "/cluster/v1/register",
                registration(port=liar.port, **{"incarnation": incarnation, "maximumEpochSeen": target.epoch, **claims}),
            )
            target.note(f"register {status}")
            if status != 200:
                time.sleep(0.2)
                continue
            print("registered", flush=True)
            epoch = json.loads(content)["snapshot"]["epoch"]
            seen = {"epochSeen": epoch, "snapshotEpoch": epoch, "snapshotVersion": 0, "inFlight": 0}
            while not target.is_over:
                status, _ = conversation.ask("/cluster/v1/watch", {"id": "liar", "incarnation": incarnation, **seen})
                target.note(f"watch {status}")
                if status != 200:
                    break
                time.sleep(0.3)
            conversation.ask("/cluster/v1/leave", {"id": "liar", "incarnation": incarnation})
        except (OSError, EOFError, ValueError, KeyError) as error:
            target.note(type(error).__name__)
            time.sleep(0.1)
