"""The common part of the Python clients: the cluster's address, test content, and the end of the balancer.

Each client is called with URL ADMIN_PORT [CA]. It tests the main functions of its library and prints `all is well`.
Each client ignores the environment, so that the machine's proxies and CAs have no influence.
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

# An upload in pieces of an odd size.
pieces = [bytes([number]) * 10_007 for number in range(100)]
upload = b"".join(pieces)


def pattern(count):
    """The content of `GET /bytes/COUNT`."""
    alphabet = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"
    return (alphabet * (count // 64 + 1))[:count]


def context():
    """A TLS context that trusts only the cluster's CA; None in the plain build."""
    if authority is None:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(authority)
    return made


def kill_balancer(number=signal.SIGKILL):
    """Sends a signal to the active balancer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{admin}/status") as answer:
        os.kill(json.load(answer)["pid"], number)


def check_worker(text):
    assert text.startswith("worker-") and text.endswith("\n"), text


def finish():
    print("all is well")
