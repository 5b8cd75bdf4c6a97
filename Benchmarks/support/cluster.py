"""Starts and ends a balancer and its workers as child processes."""
import json, os, shutil, signal, socket, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE = 120


def release_build():
    """The folder of the executables of a release build, rebuilt after changes."""
    subprocess.run(["swift", "build", "-c", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, check=True, capture_output=True,
                          text=True).stdout.strip()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def until(what, condition, seconds=PATIENCE):
    """Returns the condition's value as soon as it is true. Ends the program if that takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    sys.exit(f"{os.path.basename(sys.argv[0])}: {what} did not come about within {seconds} s")


def make_certificates(folder, *arguments):
    subprocess.run([os.path.join(ROOT, "certs/make-certs"), "--out", folder, *arguments], check=True, stdout=subprocess.DEVNULL)


class Processes:
    """Child processes with one folder, which is removed with them. Each may be pinned to a core."""

    def __init__(self, name):
        self.home = tempfile.mkdtemp(prefix=f"understudy-{name}-")
        self.all = []
        # SIGTERM ends the children too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    def spawn(self, *command, core=None):
        log = open(os.path.join(self.home, f"log-{len(self.all)}"), "w")
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        process = subprocess.Popen([*pinned, *command], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.all.append(process)
        return process

    def stop(self):
        for number, process in reversed(list(enumerate(self.all))):
            if process.poll() is None:
                process.kill()
                process.wait()
            elif process.returncode > 0:
                # The process has ended by itself.
                with open(os.path.join(self.home, f"log-{number}"), errors="replace") as log:
                    print(f"{process.args}: status {process.returncode}: {log.read()[-500:]}", file=sys.stderr)
        shutil.rmtree(self.home, ignore_errors=True)


class Cluster:
    """One balancer, perhaps under a tool, and workers without standbys.

    `under` precedes the balancer's command. `cores` are those of the balancer and of the workers; None lets the kernel choose.
    """

    def __init__(self, processes, binaries, certs, workers=3, threads=1, under=(), balancer=None, cores=(None, None), arguments=(),
                 host="127.0.0.1"):
        self.processes = processes
        self.certs = certs
        self.binaries = binaries
        self.worker_core = cores[1]
        self.port, self.cluster_port, self.admin_port, *self.workers = free_ports(3 + workers)
        self.state = tempfile.mkdtemp(prefix="state-", dir=processes.home)
        self.balancer = processes.spawn(
            *under, balancer or f"{binaries}/balancer", "--threads", str(threads), "--host", host, "--port", str(self.port),
            "--cluster-port", str(self.cluster_port), "--admin-port", str(self.admin_port), "--certs", certs, "--state-dir", self.state,
            "--log-level", "warning", *arguments, core=cores[0])
        until("the balancer", lambda: answers(self.cluster_port))
        self.worker_processes = [self.start_worker(index, port) for index, port in enumerate(self.workers)]
        until("ready workers", lambda: self.ready() == workers)

    def start_worker(self, index, port, core=None, *arguments):
        name = f"worker-{8001 + index}"
        if not os.path.exists(f"{self.certs}/nodes/{name}"):
            make_certificates(self.certs, "node", name, "--no-standby")
        return self.processes.spawn(
            f"{self.binaries}/worker", "--threads", "1", "--id", name, "--port", str(port), "--balancer",
            f"127.0.0.1:{self.cluster_port}", "--certs", self.certs, "--state-dir", self.state, "--no-standby", "--file",
            os.path.join(self.processes.home, "file.txt"), "--log-level", "warning", *arguments,
            core=self.worker_core if core is None else core)

    def status(self):
        with socket.socket() as s:
            s.settimeout(PATIENCE)
            s.connect(("127.0.0.1", self.admin_port))
            s.sendall(b"GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            text = b"".join(iter(lambda: s.recv(65536), b""))
        return json.loads(text.split(b"\r\n\r\n", 1)[1])

    def ready(self):
        return sum(worker["state"] == "ready" for worker in self.status().get("workers", []))

    def stop(self):
        """Ends the workers first, so that nothing is retried, then the balancer in order, so that a tool above it writes its results."""
        for process in self.worker_processes:
            process.kill()
            process.wait()
        self.balancer.send_signal(signal.SIGTERM)
        self.balancer.wait(PATIENCE)
