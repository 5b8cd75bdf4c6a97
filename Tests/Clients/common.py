"""What the clients in Python share: where the cluster is, what they send and expect, and the balancer's end.

Each is called with URL ADMIN_PORT [CA], goes through what its library is used for, and prints `all is well`. Settings of the
machine (proxies, other authorities) must not count: each client is told to leave the environment alone.
"""

import json
import os
import signal
import ssl
import sys
import urllib.request

base = sys.argv[1].rstrip("/")
admin = sys.argv[2]
authority = sys.argv[3] if len(sys.argv) > 3 else None

# An upload in pieces of an odd size, one after the other.
pieces = [bytes([number]) * 10_007 for number in range(100)]
upload = b"".join(pieces)


def pattern(count):
    """What `GET /bytes/COUNT` is made of."""
    alphabet = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"
    return (alphabet * (count // 64 + 1))[:count]


def context():
    """TLS with the cluster's authority alone; None in the plain build."""
    if authority is None:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(authority)
    return made


def kill_balancer():
    """SIGKILL to the balancer that reigns."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{admin}/status") as answer:
        os.kill(json.load(answer)["pid"], signal.SIGKILL)


def check_worker(text):
    assert text.startswith("worker-") and text.endswith("\n"), text


def finish():
    print("all is well")
