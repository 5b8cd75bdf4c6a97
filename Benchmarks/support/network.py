"""Hosts as network namespaces. Each has two cables: one to the network of clients and nodes, one to the network of the store."""
import ctypes, os, random, signal, subprocess

FRONT, STORE = "front", "store"
CLONE_NEWNET = 0x40000000


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True).stdout


def enter(namespace):
    """Moves this thread into a namespace. Sockets that it makes belong there for good."""
    handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
    finally:
        os.close(handle)


def problem():
    """Why there can be no namespaces; None if there can be."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = f"understudy-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True)
    if made.returncode != 0:
        return f"network namespaces are not permitted: {made.stderr.strip()}"
    ip("netns", "delete", probe, check=False)
    return None


class Host:
    def __init__(self, tag, index, front, store):
        self.index = index
        self.name = f"{tag}-{index}"
        self.front = f"{front}.{11 + index}"
        self.store = f"{store}.{11 + index}"

    @property
    def label(self):
        return f"h{self.index + 1}"

    def command(self, *words):
        return ["ip", "netns", "exec", self.name, *words]


class Network:
    """`count` hosts, and one more for the client. `close` removes all of it."""

    def __init__(self, count):
        self.tag = f"uh{os.getpid() % 100000}"
        number = random.randrange(256)
        self.front, self.store = f"198.18.{number}", f"198.19.{number}"
        self.address = f"{self.front}.100"
        self.hosts = [Host(self.tag, index, self.front, self.store) for index in range(count)]
        self.client = Host(self.tag, count, self.front, self.store)
        try:
            for kind, net in ((FRONT, self.front), (STORE, self.store)):
                bridge = self.bridge(kind)
                ip("link", "add", bridge, "type", "bridge")
                ip("address", "add", f"{net}.1/24", "dev", bridge)
                ip("link", "set", bridge, "up")
            for host in [*self.hosts, self.client]:
                ip("netns", "add", host.name)
                ip("-n", host.name, "link", "set", "lo", "up")
                for kind, device, address in ((FRONT, "eth0", host.front), (STORE, "eth1", host.store)):
                    port = self.port(host, kind)
                    ip("link", "add", port, "type", "veth", "peer", "name", device, "netns", host.name)
                    ip("link", "set", port, "master", self.bridge(kind), "up")
                    ip("-n", host.name, "address", "add", f"{address}/24", "dev", device)
                    ip("-n", host.name, "link", "set", device, "up")
        except BaseException:
            self.close()
            raise

    def bridge(self, kind):
        return f"{self.tag}{kind[0]}"

    def port(self, host, kind):
        return f"{self.tag}{kind[0]}{host.index}"

    def cut(self, host, *kinds):
        """Takes cables out. Nobody gets a notice."""
        for kind in kinds or (FRONT, STORE):
            ip("link", "set", self.port(host, kind), "down")

    def join(self, host, *kinds):
        for kind in kinds or (FRONT, STORE):
            ip("link", "set", self.port(host, kind), "up")

    def block(self, host, is_blocked):
        """The switch of the host forwards nothing, or all again. The cable of the host itself stays in."""
        for kind in (FRONT, STORE):
            subprocess.run(["bridge", "link", "set", "dev", self.port(host, kind), "state", "0" if is_blocked else "3"], check=True)

    def processes(self, host, spared=()):
        found = [int(word) for word in ip("netns", "pids", host.name, check=False).split()]
        return [pid for pid in found if pid not in spared]

    def kill_all(self, host, spared=()):
        """Kills take effect one after the other. Without the SIGSTOP a process would see the end of another one."""
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in self.processes(host, spared):
                try:
                    os.kill(pid, number)
                except OSError:
                    pass

    def holders(self):
        """The hosts that have the clients' address."""
        return [host for host in self.hosts
                if f"{self.address}/" in ip("-n", host.name, "-4", "address", "show", "dev", "eth0", check=False)]

    def forget_address(self, host):
        ip("-n", host.name, "address", "delete", f"{self.address}/24", "dev", "eth0", check=False)

    def close(self):
        for host in [*self.hosts, self.client]:
            self.kill_all(host, spared=[os.getpid()])
            for kind in (FRONT, STORE):
                ip("link", "delete", self.port(host, kind), check=False)
            ip("netns", "delete", host.name, check=False)
        for kind in (FRONT, STORE):
            ip("link", "delete", self.bridge(kind), check=False)
