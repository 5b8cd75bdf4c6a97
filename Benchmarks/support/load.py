"""The clients: Benchmarks/load for HTTP/1.1, nghttp2's h2load for HTTP/2."""
import json, os, re, subprocess, sys, tempfile
from dataclasses import dataclass
from .cluster import ROOT
from .install import find

# All clients use one cipher with all proxies.
CIPHER = "TLS_AES_128_GCM_SHA256"


def build(folder, name="load"):
    """Compiles Benchmarks/load/NAME.c and returns the program's path."""
    program = os.path.join(folder, name)
    compiler = next(c for c in ("clang", "cc", "gcc") if find(c))
    source = os.path.join(ROOT, f"Benchmarks/load/{name}.c")
    subprocess.run([compiler, "-O2", "-o", program, source, "-lssl", "-lcrypto"], check=True)
    return program


@dataclass
class Outcome:
    """One run of a client. Latencies are milliseconds."""
    requests: int
    seconds: float
    p50: float
    p99: float
    failed: int = 0
    refused: int = 0
    full: int = 0
    resumed: int = 0
    agreed: str = ""

    @property
    def problem(self):
        found = [f"{count} {what}" for count, what in ((self.failed, "without a whole answer"), (self.refused, "not 2xx")) if count]
        return ", ".join(found)


class Load:
    """Benchmarks/load. Its connections are open and have made one request each after the constructor."""

    def __init__(self, program, port, path="/", connections=64, seconds=2.0, rate=0, new=None, post=0, slow=None, cert=None, core=None):
        words = [program, str(port), path, "--connections", str(connections), "--seconds", str(seconds)]
        for name, value in (("--rate", rate), ("--new", new), ("--post", post), ("--slow", slow), ("--cert", cert)):
            words += [name, str(value)] if value else []
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        self.process = subprocess.Popen([*pinned, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.line()

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{os.path.basename(sys.argv[0])}: the load client ended with status {self.process.wait()}")
        return line

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def warm(self):
        """Half as many seconds of the same, so that the proxy opens its connections to the workers."""
        self.say("warm")
        self.line()

    def run(self, command="go"):
        """`go`: requests for the given seconds. `each`: one on every connection."""
        self.say(command)
        figures = json.loads(self.line())
        return Outcome(**{name: figures[name] for name in Outcome.__dataclass_fields__})

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def h2load(port, path="/", connections=16, streams=8, seconds=2.0, rate=0, core=None):
    """HTTP/2 by h2load. With a rate its requests begin on schedule, but latency counts from the time when a stream is free."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    with tempfile.NamedTemporaryFile(mode="r") as log:
        words = [find("h2load"), "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds * 1000:.0f}ms", f"--log-file={log.name}",
                 f"--tls13-ciphers={CIPHER}", "--groups=X25519"]
        words += [f"--rps={rate / connections:.3f}"] if rate else []
        done = subprocess.run([*pinned, *words, f"https://127.0.0.1:{port}{path}"], capture_output=True, text=True)
        times = sorted(int(line.split()[2]) for line in log)
    counts = re.search(r"(\d+) succeeded, (\d+) failed", done.stdout)
    took = re.search(r"finished in ([\d.]+)(m?s)", done.stdout)
    if not counts or not took:
        sys.exit(f"h2load: {done.stdout[-500:]}{done.stderr[-500:]}")
    seconds = float(took.group(1)) / (1000 if took.group(2) == "ms" else 1)
    good, failed = map(int, counts.groups())
    agreed = " ".join(re.findall(r"^(?:TLS Protocol|Cipher|Server Temp Key): (\S+)", done.stdout, re.M))
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))] / 1000 if times else 0
    return Outcome(requests=good, seconds=seconds, p50=at(0.5), p99=at(0.99), failed=failed, agreed=agreed)
