"""Debian's etcd, with one member on each host, and a tap that cuts its answers."""
import base64, http.client, json, os, random, shutil, signal, socket, ssl, subprocess, threading, time

CLIENT, PEER, TAP = 2379, 2380, 2389


def encoded(text):
    return base64.b64encode(text.encode()).decode()


class Store:
    """The members. `call` asks one of them over the JSON gateway, from this namespace."""

    def __init__(self, network, home, certs, options=()):
        self.network = network
        self.home = home
        self.certs = certs
        self.options = list(options)
        self.count = len(network.hosts)
        self.members = [None] * self.count
        self.generation = [0] * self.count
        self.token = None
        self.context = ssl.create_default_context(cafile=f"{certs}/ca.pem")
        self.context.load_cert_chain(f"{certs}/etcd/store/client.pem", f"{certs}/etcd/store/client.key")

    def address(self, index):
        return self.network.hosts[index].store

    def peer(self, index):
        return f"https://{self.address(index)}:{PEER}"

    def data(self, index):
        return f"{self.home}/etcd-{index}-{self.generation[index]}"

    def start(self, index, state="new"):
        leaf, ca, address = f"{self.certs}/etcd/store/server", f"{self.certs}/ca.pem", self.address(index)
        members = ",".join(f"e{i}={self.peer(i)}" for i in range(self.count))
        log = open(f"{self.home}/etcd-{index}.log", "a")
        self.members[index] = subprocess.Popen(
            self.network.hosts[index].command(
                "etcd", "--name", f"e{index}", "--data-dir", self.data(index), "--log-level", "info", "--logger", "zap",
                "--listen-client-urls", f"https://{address}:{CLIENT}", "--advertise-client-urls", f"https://{address}:{CLIENT}",
                "--listen-peer-urls", self.peer(index), "--initial-advertise-peer-urls", self.peer(index),
                "--initial-cluster", members, "--initial-cluster-state", state,
                "--cert-file", leaf + ".pem", "--key-file", leaf + ".key", "--trusted-ca-file", ca, "--client-cert-auth",
                "--peer-cert-file", leaf + ".pem", "--peer-key-file", leaf + ".key", "--peer-trusted-ca-file", ca,
                "--peer-client-cert-auth", "--pre-vote", *self.options),
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)

    def start_all(self):
        for index in range(self.count):
            self.start(index)

    def signal(self, index, number):
        try:
            self.members[index].send_signal(number)
            if number == signal.SIGKILL:
                self.members[index].wait()
        except (AttributeError, OSError):
            pass

    def call(self, index, path, seconds=2.0, **body):
        """The answer of a member; None without one."""
        link = http.client.HTTPSConnection(self.address(index), CLIENT, timeout=seconds, context=self.context)
        try:
            link.request("POST", path, json.dumps(body), {"Authorization": self.token} if self.token else {})
            answer = json.loads(link.getresponse().read())
            return None if "error" in answer else answer
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            link.close()

    def any(self, path, **body):
        for index in range(self.count):
            if answer := self.call(index, path, **body):
                return answer
        return None

    def leader(self):
        """The host of the leader; None without one."""
        status = {index: self.call(index, "/v3/maintenance/status", seconds=1.0) for index in range(self.count)}
        leaders = {answer.get("leader") for answer in status.values() if answer}
        for index, answer in status.items():
            if answer and answer["header"]["member_id"] in leaders:
                return index
        return None

    def identity(self, index):
        answer = self.call(index, "/v3/maintenance/status")
        return answer and answer["header"]["member_id"]

    def lead(self, index):
        """Makes the member of a host the leader."""
        for _ in range(50):
            present = self.leader()
            if present == index:
                return
            if present is not None and (target := self.identity(index)):
                self.call(present, "/v3/maintenance/transfer-leadership", targetID=target)
            time.sleep(0.1)
        raise RuntimeError("the store has no such leader")

    def is_up(self):
        answer = self.call(self.count - 1, "/v3/kv/range", seconds=1.0, key=encoded("/"))
        return answer is not None and self.leader() is not None

    def put(self, key, value):
        return self.any("/v3/kv/put", key=encoded(key), value=encoded(value))

    # MARK: What operators do to it

    def alarm(self, is_on):
        self.any("/v3/maintenance/alarm", action="ACTIVATE" if is_on else "DEACTIVATE", memberID=self.identity(0), alarm="NOSPACE")

    def users(self, name, password, prefix):
        """Turns users on. The nodes' user may use the prefix only."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        for user in ("root", name):
            self.any("/v3/auth/user/add", name=user, password=password)
        for role in ("root", "nodes"):
            self.any("/v3/auth/role/add", name=role)
        self.any("/v3/auth/role/grant", name="nodes",
                 perm={"permType": "READWRITE", "key": encoded(prefix), "range_end": encoded(end)})
        self.any("/v3/auth/user/grant", user="root", role="root")
        self.any("/v3/auth/user/grant", user=name, role="nodes")
        self.any("/v3/auth/enable")
        answer = self.any("/v3/auth/authenticate", name="root", password=password)
        self.token = answer and answer.get("token")

    def etcdctl(self, *words):
        subprocess.run(
            ["etcdctl", "--cacert", f"{self.certs}/ca.pem", "--cert", f"{self.certs}/etcd/store/client.pem", "--key",
             f"{self.certs}/etcd/store/client.key", *words], check=True, capture_output=True, env={**os.environ, "ETCDCTL_API": "3"})

    def back_up(self, path):
        self.etcdctl("--endpoints", f"https://{self.address(0)}:{CLIENT}", "snapshot", "save", path)

    def replace_data(self, backup=None):
        """Stops all members, and starts them without data or with that of a backup."""
        for index in range(self.count):
            self.signal(index, signal.SIGKILL)
        members = ",".join(f"e{i}={self.peer(i)}" for i in range(self.count))
        for index in range(self.count):
            shutil.rmtree(self.data(index), ignore_errors=True)
            self.generation[index] += 1
            if backup:
                self.etcdctl("snapshot", "restore", backup, "--name", f"e{index}", "--data-dir", self.data(index), "--initial-cluster",
                             members, "--initial-advertise-peer-urls", self.peer(index))
        self.start_all()

    def renew_member(self, index):
        """Takes a member out, and puts an empty one into its place."""
        other = (index + 1) % self.count
        identity = self.identity(index)
        self.call(other, "/v3/cluster/member/remove", seconds=10, ID=identity)
        self.signal(index, signal.SIGKILL)
        self.generation[index] += 1
        self.call(other, "/v3/cluster/member/add", seconds=10, peerURLs=[self.peer(index)])
        self.start(index, state="existing")
        end = time.monotonic() + 20
        while self.call(index, "/v3/kv/range", seconds=1.0, key=encoded("/")) is None and time.monotonic() < end:
            time.sleep(0.1)

    def stop(self):
        for index in range(self.count):
            self.signal(index, signal.SIGKILL)


class Tap:
    """Takes the place of the members on each host, and cuts one of three connections after some bytes of the answer."""

    def __init__(self, network, enter):
        self.sockets = []
        self.is_cutting = False
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        for host in network.hosts:
            # Threads of this process keep their namespace, so only the listening socket is made there.
            maker = threading.Thread(target=self.listen, args=(host, enter))
            maker.start()
            maker.join()
        os.close(own)

    def listen(self, host, enter):
        enter(host.name)
        listener = socket.create_server((host.store, TAP))
        self.sockets.append(listener)
        threading.Thread(target=self.accept, args=(listener, host), daemon=True).start()

    def accept(self, listener, host):
        # A thread begins in the namespace of the thread that started it: the host's.
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection((host.store, CLIENT), timeout=2)
                far.settimeout(None)
            except OSError:
                if listener.fileno() < 0:
                    return
                continue
            threading.Thread(target=self.carry, args=(near, far, None), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, random.randrange(1500, 9000)), daemon=True).start()

    def carry(self, source, target, allowed):
        try:
            while piece := source.recv(65536):
                if allowed is not None and self.is_cutting:
                    allowed -= len(piece)
                    if allowed <= 0:
                        target.sendall(piece[:len(piece) // 2])
                        break
                target.sendall(piece)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        for listener in self.sockets:
            listener.close()
