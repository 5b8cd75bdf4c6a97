#!/usr/bin/env python3
"""Which hosts have the clients' address: asked every 10 ms inside each host.

    holders.py ADDRESS NAMESPACE...

A socket can be bound to an address that the host has, and to no other one. Each success is a line as those of acceptors.py: HOST BEGAN
ENDED, in seconds of the monotonic clock.
"""
import os, socket, sys, time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.network import enter

INTERVAL = 0.01


def main():
    address, names = sys.argv[1], sys.argv[2:]
    due = time.monotonic()
    while True:
        due = max(due + INTERVAL, time.monotonic())
        for index, name in enumerate(names):
            began = time.monotonic()
            try:
                enter(name)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind((address, 0))
            except OSError:
                continue
            sys.stdout.write(f"{index} {began:.6f} {time.monotonic():.6f}\n")
        sys.stdout.flush()
        time.sleep(max(0.0, due - time.monotonic()))


main()
