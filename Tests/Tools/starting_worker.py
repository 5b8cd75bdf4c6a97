#!/usr/bin/env python3
"""Starts a standby balancer like a worker, orders the takeover, and prints the balancer's reports until it ends.

    starting_worker.py AFTER BALANCER [OPTION...]

AFTER is the epoch of the last reign.
"""
import os, socket, sys

after, command = int(sys.argv[1]), sys.argv[2:] + ["--standby"]
ours, theirs = socket.socketpair()
balancer = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 3)])
theirs.close()
ours.sendall(b'{"takeOver":{"after":%d}}\n' % after)
while said := ours.recv(4096):
    print(said.decode(), end="", flush=True)
print("ended with", os.waitstatus_to_exitcode(os.waitpid(balancer, 0)[1]), flush=True)
