"""Thousands of workers in a few processes: Benchmarks/Swarm, with the certificates of Benchmarks/load/mint.c."""
import os, subprocess, sys

# Below the kernel's range for ports of outgoing connections.
FIRST_PORT = 11000
# Each worker takes four descriptors of its process.
MOST_OF_A_PROCESS = 4000


def first_of_free_ports(count):
    """The first of many free ports in a row. A second swarm does not meet connections of the first."""
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
    """Its certificates exist and its ports are open after the constructor. `join` registers all workers."""

    def __init__(self, processes, binaries, mint, certs, count, cluster_port, core=None):
        first = first_of_free_ports(count)
        missing = [port for port in range(first, first + count) if not os.path.exists(f"{certs}/nodes/worker-{port}")]
        if missing:
            subprocess.run([mint, certs, "understudy", str(missing[0]), str(first + count - missing[0])], check=True)
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        self.processes = []
        for start in range(0, count, MOST_OF_A_PROCESS):
            part = min(MOST_OF_A_PROCESS, count - start)
            command = [*pinned, f"{binaries}/swarm", str(part), str(first + start), str(cluster_port), certs]
            self.processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        processes.all += self.processes
        self.expect("prepared")

    def expect(self, word):
        """The lines of all processes that begin with the word."""
        lines = [process.stdout.readline().split() for process in self.processes]
        for line in lines:
            if line[:1] != [word]:
                sys.exit(f"scale: the swarm says {' '.join(line) or 'nothing'} instead of {word}")
        return lines

    def join(self):
        """Seconds until the last worker was admitted."""
        for process in self.processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        return max(float(line[1]) for line in self.expect("joined"))

    def close(self):
        for process in self.processes:
            process.stdin.close()
            process.wait()
