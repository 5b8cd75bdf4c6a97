"""Attacks of another user of the host."""

import array
import os
import socket
import time


def state_directory(target):
    """Requests the listeners, and opens every file that the cluster may have there."""
    names = ["admin.sock", "balancer.lock", "epoch", "balancer.json", "balancer.log", "home"]
    while not target.is_over:
        ask_for_listeners(target, f"{target.state}/handover.sock")
        for name in names:
            probe(target, f"{target.state}/{name}")
        time.sleep(0.01)


def ask_for_listeners(target, path):
    asker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    asker.settimeout(0.3)
    target.did()
    try:
        asker.connect(path)
        asker.sendall(b'{"replace":{}}\n')
        room = socket.CMSG_SPACE(16 * array.array("i").itemsize)
        message, ancillary, _, _ = asker.recvmsg(65536, room)
        if message or ancillary:
            target.gained(f"{len(message)} bytes and {len(ancillary)} messages with descriptors from {os.path.basename(path)}")
    except OSError as error:
        target.note(type(error).__name__)
    finally:
        asker.close()


def probe(target, path):
    """Opens the cluster's files, to read and to write."""
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_APPEND):
        try:
            os.close(os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK))
            target.gained(f"{os.path.basename(path)} can be opened")
        except OSError as error:
            target.note(type(error).__name__)
        target.did()
