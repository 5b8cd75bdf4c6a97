#!/usr/bin/env python3
"""Which hosts accept clients: a connection every 10 ms from inside each host to its own public port.

    acceptors.py PORT NAMESPACE...

The sampler sends a request without TLS. A process that accepts answers it at once: with an alert, or with an orderly end of the connection.
A connection in the queue of a listening socket that nobody accepts from gets no answer, and a reset when the socket closes. Each answer is
a line on standard output: HOST BEGAN ENDED, in seconds of the monotonic clock. A process accepted at some moment between the two.
"""
import os, select, socket, sys, time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.network import enter

INTERVAL = 0.01
GIVE_UP = 1.0


def main():
    port, names = int(sys.argv[1]), sys.argv[2:]
    poll = select.epoll()
    pending = {}  # by descriptor: host, socket, began, whether the request is sent
    due = time.monotonic()
    while True:
        now = time.monotonic()
        if now >= due:
            # Missed turns are left out.
            due = max(due + INTERVAL, now)
            for index, name in enumerate(names):
                try:
                    enter(name)
                except OSError:
                    continue
                connection = socket.socket()
                connection.setblocking(False)
                began = time.monotonic()
                if connection.connect_ex(("127.0.0.1", port)) not in (0, 115):
                    connection.close()
                    continue
                pending[connection.fileno()] = [index, connection, began, False]
                poll.register(connection, select.EPOLLOUT)
        for descriptor, _ in poll.poll(max(0, due - time.monotonic())):
            entry = pending.get(descriptor)
            if entry is None:
                continue
            index, connection, began, is_sent = entry
            try:
                if not is_sent:
                    connection.send(b"GET / HTTP/1.0\r\n\r\n")
                    entry[3] = True
                    poll.modify(connection, select.EPOLLIN)
                    continue
                connection.recv(64)
                sys.stdout.write(f"{index} {began:.6f} {time.monotonic():.6f}\n")
                sys.stdout.flush()
            except BlockingIOError:
                continue
            except OSError:
                pass
            del pending[descriptor]
            connection.close()
        old = time.monotonic() - GIVE_UP
        for descriptor in [d for d, entry in pending.items() if entry[2] < old]:
            pending.pop(descriptor)[1].close()


main()
