#!/usr/bin/env python3
"""Sends requests, each over a new TLS connection, until SIGTERM. Prints `begun` after the first ten answers, and at the end one line:
ok=N refused=N failed=N.

    load.py PORT CLIENTS

A request is refused if it gets no connection. It failed if its connection or its answer is not complete, or the status is not 200. The
first failures are printed too.
"""
import signal
import socket
import ssl
import sys
import threading
import time

PAUSE_SECONDS = 0.01
LIMIT_SECONDS = 20
stopping = threading.Event()
counts = {"ok": 0, "refused": 0, "failed": 0}
reasons = []
lock = threading.Lock()
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE


def count(outcome, reason=None):
    with lock:
        counts[outcome] += 1
        if outcome == "ok" and counts["ok"] == 10:
            print("begun", flush=True)
        if reason and len(reasons) < 5:
            reasons.append(f"{outcome} at {time.strftime('%H:%M:%S')}: {reason}")


def ask(port, number):
    try:
        connection = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS)
    except OSError as error:
        count("refused", error)
        return
    with connection:
        try:
            with context.wrap_socket(connection) as secured:
                if number % 2:
                    request = b"POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello"
                else:
                    request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
                secured.sendall(request)
                answer = b""
                while part := secured.recv(65536):
                    answer += part
        except OSError as error:
            count("failed", error)
            return
    status = answer.split(b"\r\n", 1)[0]
    if status.startswith(b"HTTP/1.1 200") and b"\r\n\r\n" in answer:
        count("ok")
    else:
        count("failed", status)


def client(port):
    number = 0
    while not stopping.is_set():
        ask(port, number)
        number += 1
        stopping.wait(PAUSE_SECONDS)


def main():
    port, clients = int(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    threads = [threading.Thread(target=client, args=(port,)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    while not stopping.is_set():
        stopping.wait(1)
    for thread in threads:
        thread.join()
    print(" ".join(f"{name}={number}" for name, number in counts.items()))
    for reason in reasons:
        print(reason)


if __name__ == "__main__":
    main()
