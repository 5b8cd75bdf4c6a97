"""The other proxies in front of the same workers: HAProxy and nginx, with the configurations in Benchmarks/peers."""
import os, string
from .cluster import ROOT
from .install import find


class Template(string.Template):
    """Fills in @{name}, because $ belongs to nginx."""
    delimiter = "@"


def fill(name, path, **values):
    with open(os.path.join(ROOT, "Benchmarks/peers", name)) as source, open(path, "w") as out:
        out.write(Template(source.read()).substitute(values))
    return path


def join_keys(certs, home):
    """HAProxy expects a certificate and its key in one file."""
    for leaf, name in (("public", "public.both"), ("nodes/balancer/balancer", "balancer.both")):
        with open(os.path.join(home, name), "w") as out:
            for part in ("pem", "key"):
                with open(f"{certs}/{leaf}.{part}") as source:
                    out.write(source.read())


def start_haproxy(processes, port, workers, certs, upstream, core=None, host="127.0.0.1"):
    """HAProxy in one process. `upstream` is the protocol to the workers, http/1.1 or h2."""
    join_keys(certs, processes.home)
    servers = "\n".join(f"  server worker-{p} 127.0.0.1:{p}" for p in workers)
    path = fill("haproxy.cfg", os.path.join(processes.home, f"haproxy-{port}.cfg"), host=host, port=port, home=processes.home, certs=certs,
                upstream=upstream, servers=servers)
    return processes.spawn(find("haproxy"), "-db", "-f", path, core=core)


def start_nginx(processes, port, workers, certs, core=None, host="127.0.0.1"):
    """nginx: a sleeping master and one worker process."""
    servers = "\n".join(f"    server 127.0.0.1:{p};" for p in workers)
    path = fill("nginx.conf", os.path.join(processes.home, "nginx.conf"), host=host, port=port, home=processes.home, certs=certs, servers=servers)
    return processes.spawn(find("nginx"), "-c", path, "-p", processes.home, core=core)
