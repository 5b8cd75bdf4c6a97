"""The kinds of work of the comparison."""
from dataclasses import dataclass, field

KIB, MIB = 1 << 10, 1 << 20


@dataclass
class Work:
    """One row of the matrix. `load` has the client's arguments. Targets are ratios of this balancer to the best other proxy."""
    name: str
    title: str
    load: dict = field(default_factory=dict)
    http2: bool = False
    target: float = None
    half_target: float = 0.7
    # The bytes of content that are decrypted and encrypted, and the handshakes of a request.
    content: int = 0
    handshake: bool = False
    # True if a worker could serve the same work directly. Its port requires certificates and resumes nothing.
    direct: bool = True


WORKS = [
    Work("small-1", "12 bytes, 1 connection", dict(connections=1)),
    Work("small-64", "12 bytes, 64 connections", dict(connections=64), target=0.65),
    Work("small-1000", "12 bytes, 1,000 connections", dict(connections=1000)),
    Work("100k", "100 KiB, 64 connections", dict(path=f"/bytes/{100 * KIB}"), target=0.6, content=100 * KIB),
    Work("10m", "10 MiB, 8 connections", dict(path=f"/bytes/{10 * MIB}", connections=8), target=0.6, content=10 * MIB),
    Work("upload", "1 MiB up and echoed, 8 connections", dict(path="/echo", post=MIB, connections=8), content=2 * MIB),
    Work("http2", "12 bytes, HTTP/2 clients, 16 connections of 8 streams", http2=True, direct=False),
    Work("new-full", "12 bytes, a full handshake for each", dict(new="full"), target=0.9, handshake=True, direct=False),
    Work("new-resumed", "12 bytes, a resumed handshake for each", dict(new="resumed"), direct=False),
    Work("mixed", "12 bytes, 64 connections, 1 % take 100 ms", dict(slow="/reverse?delay_ms=100")),
]
# This work comes first: later the proxies have spare memory from busier times.
IDLE = Work("idle", "idle TLS connection, KiB", target=0.9, direct=False)
