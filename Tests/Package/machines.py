"""Three machines with systemd, in the network namespaces of Benchmarks/support/network.py: the units as docs/operations.md has them."""
import json, os, re, shutil, signal, subprocess, sys, time, uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Benchmarks"))
from support.cluster import make_certificates

UNITS = "/etc/systemd/system"
# The machine of each worker.
WORKERS = [("app-1", 0, 8001), ("app-2", 0, 8002), ("app-3", 1, 8001), ("app-4", 2, 8001)]


class Failed(Exception):
    pass


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if done.returncode:
        raise Failed(f"{' '.join(words)}: {done.stderr.strip()[-400:]}")
    return done.stdout


class Documents:
    """The blocks of files in the documents, with the addresses of this network."""

    def __init__(self, network):
        self.network = network
        with open(f"{ROOT}/docs/operations.md") as file:
            self.operations = self.blocks(file.read())
        with open(f"{ROOT}/docs/many-hosts.md") as file:
            self.many_hosts = self.blocks(file.read())

    @staticmethod
    def blocks(text):
        return re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)

    def block(self, blocks, mark):
        found = [block for block in blocks if mark in block]
        if len(found) != 1:
            raise Failed(f"{len(found)} blocks of the documents have '{mark}', expected one")
        return found[0].replace("10.0.0.100", self.network.address)

    @property
    def release_option(self):
        return self.block([b for b in self.operations if b.startswith("on-release:")], "clients-address release")

    @property
    def takeover_option(self):
        return self.block([b for b in self.operations if b.startswith("on-takeover:")], "clients-address take")

    @property
    def address_drop_in(self):
        return self.block(self.operations, "RuntimeDirectoryPreserve=yes")

    @property
    def first_drop_in(self):
        return self.block([b for b in self.operations if b.startswith("ExecStartPost=")], "clients-address first")

    def store(self, index):
        """The settings of etcd on one host. The document has those of host 1."""
        text = self.block([b for b in self.many_hosts if b.startswith("ETCD_NAME=")], "ETCD_INITIAL_CLUSTER=")
        lines = []
        for line in text.splitlines():
            if not line.startswith("ETCD_INITIAL_CLUSTER="):
                line = line.replace("ETCD_NAME=h1", f"ETCD_NAME=h{index + 1}").replace("10.0.0.1:", f"10.0.0.{index + 1}:")
            for host in self.network.hosts:
                line = line.replace(f"10.0.0.{host.index + 1}:", f"{host.store}:")
            lines.append(line)
        return "\n".join(lines) + "\n"


class Machine:
    def __init__(self, host, base, home):
        self.host = host
        self.label = host.label
        self.home = f"{home}/{self.label}"
        self.root = f"{self.home}/root"
        self.process = None
        self.leader = 0
        for name in ("upper", "work", "root"):
            os.makedirs(f"{self.home}/{name}")
        run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={base},upperdir={self.home}/upper,workdir={self.home}/work", self.root)
        self.write("/etc/machine-id", uuid.uuid4().hex + "\n")
        self.write("/etc/hostname", f"{self.label}\n")

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "w", opener=lambda p, flags: os.open(p, flags, mode)) as file:
            file.write(text)

    def enable(self, *units):
        run("systemctl", "--root", self.root, "enable", "--quiet", *units)

    def boot(self):
        log = open(f"{self.home}/machine.log", "a")
        self.process = subprocess.Popen(
            ["systemd-nspawn", f"--directory={self.root}", "--register=no", "--keep-unit", f"--machine={self.label}",
             f"--network-namespace-path=/run/netns/{self.host.name}", "--capability=CAP_NET_ADMIN,CAP_NET_RAW", "--console=read-only",
             "--boot"], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            start_new_session=True)
        until(f"{self.label} boots (see {self.home}/machine.log)", self.has_booted, 120)

    def has_booted(self):
        if self.process.poll() is not None:
            raise Failed(f"{self.label} does not boot: {self.home}/machine.log")
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        self.leader = int(found[0]) if found else 0
        return self.leader and self.ask("systemctl", "is-system-running").strip() in ("running", "degraded", "starting")

    def inside(self, *words):
        """A command in the machine."""
        return ["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd", "--",
                "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root", *words]

    def ask(self, *words):
        """The output of a command in the machine, whatever its status."""
        return subprocess.run(self.inside(*words), capture_output=True, text=True).stdout

    def order(self, *words):
        return run(*self.inside(*words))

    def start_order(self, *words):
        """A command whose end nobody waits for: the machine may end first."""
        subprocess.Popen(self.inside(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def status(self):
        try:
            return json.loads(self.ask("/usr/lib/understudy/balancer", "status", "--json"))
        except ValueError:
            return None

    def unit(self, name, what):
        return self.ask("systemctl", "show", "-P", what, name).strip()

    def kill_programs(self):
        for number in (signal.SIGSTOP, signal.SIGKILL):
            self.order("sh", "-c", f"kill -{int(number)} $(pgrep -x 'balancer|worker')")

    def power_off(self):
        """SIGKILL of the first process ends all others. Nothing runs a last command."""
        os.kill(self.leader, signal.SIGKILL)
        self.process.wait(60)
        self.leader = 0

    def close(self):
        if self.process and self.process.poll() is None:
            if self.leader:
                try:
                    os.kill(self.leader, signal.SIGKILL)
                except OSError:
                    pass
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        subprocess.run(["umount", "-l", self.root], capture_output=True)


def until(what, condition, seconds=60.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise Failed(f"not within {seconds:g} s: {what}")


class Cluster:
    """The machines, with the package, the certificates, the options and the drop-ins of the documents."""

    def __init__(self, network, base, package, home):
        self.network = network
        self.home = home
        documents = Documents(network)
        self.certs = f"{home}/certs"
        make_certificates(self.certs, "--san", network.address)
        make_certificates(self.certs, "node", "balancer", "--san", network.hosts[0].front, "--force")
        for name, host, _ in WORKERS:
            make_certificates(self.certs, "node", name, "--san", network.hosts[host].front)
        for host in network.hosts:
            make_certificates(self.certs, "etcd", f"store-{host.index + 1}", "--san", host.store)
        self.machines = []
        for host in network.hosts:
            machine = Machine(host, base, home)
            self.machines.append(machine)
            shutil.copy(package, f"{machine.root}/root/package.deb")
            run("chroot", machine.root, "dpkg", "-i", "/root/package.deb")
            # The tree may be newer than a package for a trial.
            shutil.copy(f"{ROOT}/contrib/hooks/clients-address", f"{machine.root}/usr/lib/understudy/clients-address")
            self.set_up(machine, documents)

    def set_up(self, machine, documents):
        host, index = machine.host, machine.host.index
        order = [host, *(h for h in self.network.hosts if h is not host)]
        store = (f"coordinator: etcd\netcd: {','.join(f'https://{h.store}:2379' for h in order)}\n"
                 f"etcd-certs: /etc/understudy/certs/etcd/store-{index + 1}\n")
        certs = f"{machine.root}/etc/understudy/certs"
        os.makedirs(f"{certs}/nodes", exist_ok=True)
        os.makedirs(f"{certs}/etcd", exist_ok=True)
        for name in ("ca.pem", "public.pem", "public.key"):
            shutil.copy(f"{self.certs}/{name}", f"{certs}/{name}")
        names = [name for name, at, _ in WORKERS if at == index] + (["balancer"] if index == 0 else [])
        for name in names:
            shutil.copytree(f"{self.certs}/nodes/{name}", f"{certs}/nodes/{name}")
        shutil.copytree(f"{self.certs}/etcd/store-{index + 1}", f"{certs}/etcd/store-{index + 1}")
        run("chroot", machine.root, "chown", "-R", "root:understudy", "/etc/understudy/certs")
        run("chroot", machine.root, "chmod", "-R", "g=rX,o=", "/etc/understudy/certs")
        # As the package's command for certificates does.
        run("chroot", machine.root, "sh", "-c",
            "cd /etc/understudy/certs && chown understudy: public.key nodes/*/*.key etcd/*/*.key && chmod 600 public.key nodes/*/*.key etcd/*/*.key")
        os.makedirs(f"{machine.root}/etc/etcd", exist_ok=True)
        for name in ("server.pem", "server.key"):
            shutil.copy(f"{self.certs}/etcd/store-{index + 1}/{name}", f"{machine.root}/etc/etcd/{name}")
        shutil.copy(f"{self.certs}/ca.pem", f"{machine.root}/etc/etcd/ca.pem")
        run("chroot", machine.root, "chown", "-R", "etcd:", "/etc/etcd")
        machine.write("/etc/default/etcd", documents.store(index))
        for name, at, port in WORKERS:
            if at == index:
                machine.write(f"/etc/understudy/workers/{name}.yaml",
                              f"host: {host.front}\nport: {port}\n{store}{documents.release_option}{documents.takeover_option}")
                machine.enable(f"understudy-worker@{name}")
        for unit in ("understudy-worker@.service", "understudy-balancer.service"):
            machine.write(f"{UNITS}/{unit}.d/address.conf", documents.address_drop_in)
        if index == 0:
            machine.write("/etc/understudy/balancer.yaml",
                          f"host: 0.0.0.0\nadvertise: {host.front}\ndrain-seconds: 5\n{store}{documents.release_option}")
            machine.write(f"{UNITS}/understudy-balancer.service.d/address.conf", documents.address_drop_in + documents.first_drop_in)
            machine.enable("understudy-balancer")
        machine.enable("etcd")

    def start(self):
        for machine in self.machines:
            machine.boot()
        until("a balancer reigns on h1, with every worker and the clients' address", lambda: self.is_settled(0), 120)

    def workers(self, machine):
        status = machine.status()
        return sum(worker["state"] == "ready" for worker in status["workers"]) if status else 0

    def holders(self):
        return [host.index for host in self.network.holders()]

    def is_settled(self, index):
        return self.holders() == [index] and self.workers(self.machines[index]) == len(WORKERS)

    def reigning(self):
        """The machine whose balancer answers to a command."""
        for machine in self.machines:
            if machine.leader and machine.status():
                return machine
        return None

    def logs(self):
        """The last lines of each machine, for a failure."""
        for machine in self.machines:
            if machine.leader:
                print(f"--- {machine.label}\n" + machine.ask("journalctl", "--no-pager", "-n", "30", "-o", "short-precise", "-u", "understudy-*"))

    def close(self):
        for machine in self.machines:
            machine.close()
