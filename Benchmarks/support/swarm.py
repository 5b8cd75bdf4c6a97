"""Thousands of workers in one process: Benchmarks/Swarm, with the certificates that Benchmarks/load/mint.c makes."""
import os, subprocess, sys

# Below the ports that the kernel gives to whoever asks for any.
FIRST_PORT = 11000


def first_of_free_ports(count):
    """Where so many ports begin that nobody listens on; so that a second swarm does not meet what is left of the first."""
    with open("/proc/net/tcp") as table:
        taken = sorted({int(line.split()[1].split(":")[1], 16) for line in table.readlines()[1:]})
    first = FIRST_PORT
    for port in taken:
        if first <= port < first + count:
            first = port + 1
    if first + count > 32768:
        sys.exit(f"scale: no {count} ports in a row are free between {FIRST_PORT} and 32768")
    return first


class Swarm:
    """Its certificates are made and its ports open when this is made; `join` registers all."""

    def __init__(self, processes, binaries, mint, certs, count, cluster_port, core=None):
        first = first_of_free_ports(count)
        missing = [port for port in range(first, first + count) if not os.path.exists(f"{certs}/nodes/worker-{port}")]
        if missing:
            subprocess.run([mint, certs, "understudy", str(missing[0]), str(first + count - missing[0])], check=True)
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        self.process = subprocess.Popen([*pinned, f"{binaries}/swarm", str(count), str(first), str(cluster_port), certs],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        processes.all.append(self.process)
        self.expect("prepared")

    def expect(self, word):
        line = self.process.stdout.readline().split()
        if line[:1] != [word]:
            sys.exit(f"scale: the swarm says {' '.join(line) or 'nothing'} instead of {word}")
        return line[1:]

    def join(self):
        """Seconds until the last has been admitted."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.expect("joined")[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()
