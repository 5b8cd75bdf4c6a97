"""Debian's HAProxy and keepalived on the hosts of a network: the same workers, the same clients' address, and the best settings found."""
import os, shutil, signal, subprocess, tempfile, time

from .cluster import ROOT
from .install import find
from .many_hosts import LAYOUT, PUBLIC, Failed

# VRRP version 3 permits 0.01 s. On a machine with few cores such short intervals move the address without a fault.
ADVERT_INTERVAL = 0.1
# The wait of Debian's units before a restart.
RESTART_SECONDS = 0.1


class Cluster:
    """The same interface for faults as many_hosts.Cluster.

    HAProxy listens at port 8000 of every host, and health checks take dead workers out within half a second. A loop restarts it, as its
    unit does. keepalived moves the address with VRRP version 3. It ends its turn when the kernel reports the end of HAProxy
    (vrrp_track_process), and a host that returns leaves the address where it is (nopreempt).
    """

    def __init__(self, network, binaries, certs):
        self.network = network
        self.binaries = binaries
        self.certs = certs
        self.home = tempfile.mkdtemp(prefix="understudy-keepalived-")
        self.processes = []
        self.loops = {}  # host -> the loop that restarts HAProxy
        self.routers = {}  # host -> keepalived
        self.spared = [os.getpid()]

    # MARK: Processes

    def spawn(self, host, name, *words):
        log = open(f"{self.home}/{name}.log", "a")
        command = self.network.hosts[host].command(*words) if host is not None else list(words)
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes.append(process)
        return process

    def proxy_name(self, host):
        """Namespaces share the process numbers, so each host's HAProxy has a name of its own for keepalived."""
        return f"{self.network.tag}-h{host + 1}"

    def start(self):
        for name, host, port in LAYOUT:
            # These workers have no balancer, and serve every client with a balancer's certificate.
            self.spawn(host, f"worker-{name}", f"{self.binaries}/worker", "--id", name, "--host", self.network.hosts[host].front, "--port",
                       str(port), "--balancer", "127.0.0.1:1", "--no-standby", "--certs", self.certs, "--state-dir",
                       f"{self.home}/state-{name}", "--file", f"{self.home}/file-{host}")
        self.write_certificates()
        for host in range(len(self.network.hosts)):
            os.symlink(find("haproxy"), f"{self.home}/{self.proxy_name(host)}")
            self.write(host)
            self.start_host(host)
            # The first host is to have the address, and nobody takes it away from another one (nopreempt).
            self.until("the first host has the address", lambda: [h.index for h in self.network.holders()] == [0])
        self.until("one host has the address and answers", self.is_settled)

    def start_host(self, host):
        program = f"{self.home}/{self.proxy_name(host)}"
        self.loops[host] = self.spawn(host, f"haproxy-{host}", "sh", "-c",
                                      f"while :; do {program} -db -f {self.home}/haproxy-{host}.cfg; sleep {RESTART_SECONDS}; done")
        # keepalived enters the namespace itself. The kernel reports the ends of processes only in the first one.
        self.routers[host] = self.spawn(None, f"keepalived-{host}", find("keepalived"), "-n", "-l", "-P", "-f",
                                        f"{self.home}/keepalived-{host}.cfg", "-p", f"{self.home}/keepalived-{host}.pid", "-r",
                                        f"{self.home}/vrrp-{host}.pid")

    def write_certificates(self):
        for name, leaf in (("public", "public"), ("balancer", "nodes/balancer/balancer")):
            with open(f"{self.home}/{name}.both", "w") as out:
                for ending in ("pem", "key"):
                    with open(f"{self.certs}/{leaf}.{ending}") as part:
                        out.write(part.read())

    def write(self, host):
        servers = "\n".join(
            f"  server {name} {self.network.hosts[at].front}:{port} ssl verify required ca-file {self.certs}/ca.pem"
            f" crt {self.home}/balancer.both check inter 200ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down"
            for name, at, port in LAYOUT)
        with open(f"{self.home}/haproxy-{host}.cfg", "w") as file:
            file.write(f"""global
  maxconn 4000
  hard-stop-after 5s
defaults
  mode http
  timeout connect 500ms
  timeout client 75s
  timeout server 75s
  timeout queue 1s
  timeout check 500ms
  retries 3
  option redispatch 1
  retry-on conn-failure
  http-reuse always
frontend f
  bind 0.0.0.0:{PUBLIC} ssl crt {self.home}/public.both alpn http/1.1
  default_backend b
backend b
  balance leastconn
{servers}
""")
        proxy = self.proxy_name(host)
        with open(f"{self.home}/keepalived-{host}.cfg", "w") as file:
            file.write(f"""net_namespace {self.network.hosts[host].name}
global_defs {{
  router_id h{host + 1}
  vrrp_version 3
  script_user root
  enable_script_security
}}
vrrp_track_process proxy {{
  process {proxy}
}}
vrrp_instance v {{
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 51
  priority {103 - host}
  advert_int {ADVERT_INTERVAL}
  garp_master_refresh 5
  virtual_ipaddress {{ {self.network.address}/24 }}
  track_process {{ proxy }}
}}
""")

    # MARK: State

    def until(self, what, condition, seconds=30.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        raise Failed(f"not within {seconds:g} s: {what} (logs: {self.home})")

    def is_settled(self):
        if [host.index for host in self.network.holders()] != [0]:
            return False
        answer = subprocess.run(
            self.network.client.command("curl", "-sk", "-m", "1", "-o", "/dev/null", "-w", "%{http_code}",
                                        f"https://{self.network.address}:{PUBLIC}/"), capture_output=True, text=True)
        return answer.stdout == "200"

    def reigning(self, host):
        """HAProxy of the host; 0 without one."""
        found = subprocess.run(["pgrep", "-x", self.proxy_name(host)[:15]], capture_output=True, text=True).stdout.split()
        return int(found[0]) if found else 0

    # MARK: Faults

    def power_off(self, host):
        self.network.cut(self.network.hosts[host])
        # Its processes end together. The loop and keepalived's parent are in the first namespace.
        victims = self.network.processes(self.network.hosts[host], self.spared) + [self.routers[host].pid]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in victims:
                try:
                    os.kill(pid, number)
                except OSError:
                    pass
        self.network.forget_address(self.network.hosts[host])

    def stop_host(self, host):
        """keepalived first: it gives the address up with an advertisement of priority 0. Then HAProxy finishes its requests."""
        self.routers[host].terminate()
        self.routers[host].wait(10)
        os.killpg(self.loops[host].pid, signal.SIGSTOP)
        if pid := self.reigning(host):
            os.kill(pid, signal.SIGUSR1)
            os.kill(pid, signal.SIGCONT)

    def stop_host_at_once(self, host):
        os.kill(self.loops[host].pid, signal.SIGKILL)
        self.routers[host].terminate()
        if pid := self.reigning(host):
            os.kill(pid, signal.SIGUSR1)

    def stop(self, keep):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except OSError:
                pass
            process.wait()
        for host in self.network.hosts:
            # keepalived's children have a session of their own.
            self.network.kill_all(host, self.spared)
            self.network.join(host)
            self.network.forget_address(host)
        if not keep:
            shutil.rmtree(self.home, ignore_errors=True)
