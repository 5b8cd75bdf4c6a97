#!/usr/bin/env python3
"""Keeps a number of silent connections to a port of 127.0.0.1 open. Opens each again that the peer closes.

usage: hold_connections.py PORT COUNT [CERTIFICATE KEY]

With a certificate, each connection first does the TLS handshake and shows the certificate. Prints a line each time that all connections have
been opened again. Runs until it is killed.
"""
import selectors
import socket
import ssl
import sys
import time

port, count = int(sys.argv[1]), int(sys.argv[2])
context = None
if len(sys.argv) > 3:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(sys.argv[3], sys.argv[4])


def connect():
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    if context:
        connection = context.wrap_socket(connection)
    connection.setblocking(False)
    return connection


def has_ended(connection):
    try:
        return connection.recv(4096) == b""
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except OSError:
        return True


selector = selectors.DefaultSelector()
opened = 0
while True:
    for key, _ in selector.select(timeout=0.01):
        if has_ended(key.fileobj):
            selector.unregister(key.fileobj)
            key.fileobj.close()
    for _ in range(count - len(selector.get_map())):
        try:
            selector.register(connect(), selectors.EVENT_READ)
        except OSError:
            # No process listens, or the peer closed during the handshake.
            time.sleep(0.005)
            break
        opened += 1
        if opened % count == 0:
            print("held", flush=True)
