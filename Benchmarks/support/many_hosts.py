"""A cluster over three hosts with etcd, a client that never waits, and what both saw of a fault."""
import json, os, shutil, signal, subprocess, sys, tempfile, threading, time
from dataclasses import dataclass, field

from .cluster import ROOT, make_certificates
from .etcd import CLIENT, TAP, Store
from .network import Network

PUBLIC, CLUSTER, ADMIN = 8000, 7000, 9000
TTL = 5
PREFIX = "/understudy/test"
PASSWORD = "secret"
HOOK = os.path.join(ROOT, "contrib/hooks/clients-address")
# The workers of each host. The reigning host has two.
LAYOUT = [("h1a", 0, 8001), ("h1b", 0, 8002), ("h2a", 1, 8001), ("h3a", 2, 8001)]


class Failed(Exception):
    """The cluster is not in the state that a scenario needs."""


class Reader:
    """The lines of a child process, as they come."""

    def __init__(self, *command):
        self.lines = []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, start_new_session=True)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.split())

    def stop(self, seconds=0.0):
        if seconds:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        self.process.kill()
        self.process.wait()
        self.thread.join(2)


class Cluster:
    def __init__(self, network, binaries, certs, mode, coordinator="etcd", store_options=(), layout=LAYOUT, tap=False, launcher=None,
                 user=None):
        self.network = network
        self.binaries = binaries
        self.certs = certs
        self.mode = mode
        self.coordinator = coordinator
        self.layout = layout
        self.port = TAP if tap else CLIENT
        # host -> command that runs before the programs of that host
        self.launcher = launcher or {}
        self.user = user
        self.home = tempfile.mkdtemp(prefix="understudy-hosts-")
        self.store = Store(network, self.home, certs, store_options)
        self.balancer = None
        self.workers = {}
        self.spared = [os.getpid()]

    # MARK: Processes

    def spawn(self, host, name, program, *words):
        log = open(f"{self.home}/{name}.log", "a")
        environment = {**os.environ, "CLIENTS_ADDRESS_FILE": f"{self.home}/address-{host}"}
        return subprocess.Popen(
            self.network.hosts[host].command(*self.launcher.get(host, []), f"{self.binaries}/{program}", *words), stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, env=environment, start_new_session=True)

    def state(self, host):
        return f"{self.home}/state-{host}"

    def common(self, host, coordinator=None):
        hosts = self.network.hosts
        words = ["--certs", self.certs, "--state-dir", self.state(host)]
        if (coordinator or self.coordinator) == "lock":
            return words
        order = [hosts[host], *(h for h in hosts if h.index != host)]
        words += ["--coordinator", "etcd", "--etcd", ",".join(f"https://{h.store}:{self.port}" for h in order), "--etcd-certs",
                  f"{self.certs}/etcd/store", "--etcd-prefix", PREFIX, "--etcd-ttl", str(TTL), "--on-release",
                  f"{HOOK} release {self.network.address}/24 eth0"]
        if self.user:
            words += ["--etcd-user", self.user, "--etcd-password-file", f"{self.home}/password"]
        if self.mode and "etcd" == (coordinator or self.coordinator):
            words += ["--when-store-lost", self.mode]
        return words

    def start_balancer(self, host, *words, coordinator=None):
        address = self.network.hosts[host].front
        advertise = [] if (coordinator or self.coordinator) == "lock" else ["--advertise", address]
        return self.spawn(host, f"balancer-{host}", "balancer", "--host", "0.0.0.0", "--port", str(PUBLIC), "--cluster-port", str(CLUSTER),
                          "--admin-port", str(ADMIN), "--drain-seconds", "5", *self.common(host, coordinator), *advertise, *words)

    def start_worker(self, name, coordinator=None):
        _, host, port = next(entry for entry in self.layout if entry[0] == name)
        hosts = self.network.hosts
        balancers = ["--balancer", f"{hosts[0].front}:{CLUSTER}"] if (coordinator or self.coordinator) == "lock" else []
        self.workers[name] = self.spawn(
            host, f"worker-{name}", "worker", "--id", name, "--host", hosts[host].front, "--port", str(port), "--file",
            f"{self.home}/file-{host}", "--on-takeover", f"{HOOK} take {self.network.address}/24 eth0", *balancers,
            *self.common(host, coordinator))

    def start_workers(self, host):
        for name, at, _ in self.layout:
            if at == host:
                self.start_worker(name)

    def start(self):
        """The first balancer on the first host, and the clients' address there."""
        self.start_store()
        self.balancer = self.start_balancer(0)
        for name, _, _ in self.layout:
            self.start_worker(name)
        self.take_address(0)
        self.until("every worker is ready and a standby waits", lambda: self.is_settled(0), 40)

    def start_store(self):
        self.store.start_all()
        self.until("the store answers", self.store.is_up, 40)
        # Without an epoch the first balancer would wait, in case another one reigns.
        self.store.put(f"{PREFIX}/epoch", "1")
        if self.user:
            with open(f"{self.home}/password", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(PASSWORD + "\n")
            self.store.users(self.user, PASSWORD, PREFIX)

    def take_address(self, host):
        self.hook(host, "first")

    def hook(self, host, verb):
        """What the units of docs/operations.md run after the start of a balancer, and after the end of each program."""
        done = subprocess.run(
            self.network.hosts[host].command(HOOK, verb, f"{self.network.address}/24", "eth0", self.state(host)), capture_output=True,
            text=True, env={**os.environ, "UNDERSTUDY_BALANCER": f"{self.binaries}/balancer",
                            "CLIENTS_ADDRESS_FILE": f"{self.home}/address-{host}"})
        if done.returncode:
            raise Failed(f"clients-address {verb}: {done.stderr}")

    # MARK: State

    def until(self, what, condition, seconds=30.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := condition():
                return value
            time.sleep(0.05)
        raise Failed(f"not within {seconds:g} s: {what} (logs: {self.home})")

    def status(self, host):
        told = subprocess.run(self.network.hosts[host].command(f"{self.binaries}/balancer", "status", "--json", "--admin-port", str(ADMIN)),
                              capture_output=True, text=True)
        try:
            return json.loads(told.stdout) if told.returncode == 0 else None
        except ValueError:
            return None

    def log(self, name):
        try:
            with open(f"{self.home}/{name}.log", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def is_settled(self, host, workers=None):
        status = self.status(host)
        if not status or sum(w["state"] == "ready" for w in status["workers"]) < (workers or len(self.layout)):
            return False
        return "standby parked" in "".join(self.log(f"worker-{name}") for name, at, _ in self.layout if at == host)

    def is_ready(self, host, worker):
        status = self.status(host)
        return status and any(w["id"] == worker and w["state"] == "ready" for w in status["workers"])

    def reigning(self, host):
        """The process that holds the lock of a host; 0 without one."""
        try:
            with open(f"{self.state(host)}/balancer.lock") as file:
                return int(file.readline().split("@")[0] or 0)
        except (OSError, ValueError):
            return 0

    def programs(self, host):
        """The processes of balancers and workers of a host."""
        found = []
        for pid in self.network.processes(self.network.hosts[host], self.spared):
            try:
                with open(f"/proc/{pid}/comm") as file:
                    if file.read().strip() in ("balancer", "worker"):
                        found.append(pid)
            except OSError:
                pass
        return found

    def signal_programs(self, host, number):
        for pid in self.programs(host):
            try:
                os.kill(pid, number)
            except OSError:
                pass

    def power_off(self, host):
        self.network.cut(self.network.hosts[host])
        self.network.kill_all(self.network.hosts[host], self.spared)
        self.network.forget_address(self.network.hosts[host])

    def stop(self, keep):
        for host in self.network.hosts:
            self.network.kill_all(host, self.spared)
        for process in [self.balancer, *self.workers.values(), *self.store.members]:
            if process:
                process.kill()
                process.wait()
        for host in self.network.hosts:
            self.network.join(host)
            self.network.forget_address(host)
        if not keep:
            shutil.rmtree(self.home, ignore_errors=True)


def make_all_certificates(folder, network):
    make_certificates(folder, "--san", network.address)
    for name, host, _ in LAYOUT:
        make_certificates(folder, "node", name, "--san", network.hosts[host].front)
    make_certificates(folder, "node", "balancer", "--san", network.hosts[0].front, "--force")
    make_certificates(folder, "etcd", "store", *(word for h in network.hosts for word in ("--san", h.store)))


@dataclass
class Seen:
    """What the client and the samplers saw. Times are seconds since the fault."""
    served: int = 0
    refused: int = 0
    lost: int = 0
    first: float = None
    gap: float = 0.0
    reigns: list = field(default_factory=list)  # (host, from, to)
    doubles: list = field(default_factory=list)  # (host, host, from, to)
    holders: list = field(default_factory=list)
    holds: list = field(default_factory=list)  # (host, from, to): who had the clients' address
    double_holders: list = field(default_factory=list)

    def timeline(self):
        return ", ".join(f"h{host + 1} {begin:+.3f} to {end:+.3f}" for host, begin, end in self.reigns)


class Watch:
    """The open-loop client and the samplers, from before a fault until after it."""

    def __init__(self, network, rate, holders=False):
        names = [host.name for host in network.hosts]
        support = os.path.join(ROOT, "Benchmarks/support")
        tools = os.path.join(ROOT, "Tests/Tools/open_loop.py")
        self.client = Reader(*network.client.command(
            sys.executable, tools, f"https://{network.address}:{PUBLIC}/", "--rate", str(rate), "--timeout", "10"))
        self.sampler = Reader(sys.executable, f"{support}/acceptors.py", str(PUBLIC), *names)
        self.holders = Reader(sys.executable, f"{support}/holders.py", network.address, *names) if holders else None

    @property
    def pids(self):
        return [reader.process.pid for reader in (self.sampler, self.holders) if reader]

    def stop(self):
        self.client.stop(3.0)
        self.sampler.stop()
        if self.holders:
            self.holders.stop()

    def seen(self, fault, until):
        seen = Seen()
        ends = [fault]
        for words in sorted(self.client.lines, key=lambda words: float(words[1]) if len(words) == 5 else 0):
            if len(words) != 5 or not fault - 0.2 <= float(words[0]) <= until:
                continue
            began, ended, outcome, status = float(words[0]), float(words[1]), words[2], int(words[3])
            if outcome == "answered" and status == 200:
                seen.served += 1
                if began >= fault:
                    seen.first = min(seen.first if seen.first is not None else 1e9, ended - fault)
                if ended > fault:
                    ends.append(ended)
            elif outcome == "refused":
                seen.refused += 1
            else:
                seen.lost += 1
        ends.append(max(until, ends[-1]))
        seen.gap = max(later - earlier for earlier, later in zip(ends, ends[1:]))
        accepted = samples(self.sampler)
        seen.reigns = reigns(accepted, fault)
        seen.doubles = doubles(accepted, fault)
        if self.holders:
            held = samples(self.holders)
            seen.holds = reigns(held, fault)
            seen.double_holders = doubles(held, fault)
        return seen


def samples(reader):
    return sorted((float(began), float(ended), int(host)) for host, began, ended in (line for line in reader.lines if len(line) == 3))


def reigns(samples, fault):
    """The times in which each host accepted, without pauses of half a second."""
    found, open_reigns = [], {}
    for began, ended, host in samples:
        present = open_reigns.get(host)
        if present is None or began - present[2] > 0.5:
            present = open_reigns[host] = [host, ended, ended]
            found.append(present)
        present[2] = max(present[2], ended)
    return [(host, begin - fault, end - fault) for host, begin, end in found]


def doubles(samples, fault):
    """Times in which two hosts accepted: one certainly accepted before and after the other did."""
    found = []
    last = {}  # the latest answer of each host
    for began, ended, host in samples:
        previous = last.get(host)
        if previous and began - previous[1] < 1.0:
            for other, (other_began, other_ended) in last.items():
                if other != host and previous[1] <= other_began and other_ended <= began:
                    pair = sorted((host, other))
                    if found and found[-1][:2] == tuple(pair) and other_began - fault - found[-1][3] < 0.1:
                        found[-1] = (*pair, found[-1][2], began - fault)
                    else:
                        found.append((*pair, other_began - fault, began - fault))
        last[host] = (began, ended)
    return found
