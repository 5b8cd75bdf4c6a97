"""The kernel's data about a process and its children: time, memory, descriptors."""
import os, re


def family(pid):
    """The process and its children: nginx works in a child of the started process."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as f:
            found += [int(child) for child in f.read().split()]
    return found


def cpu_microseconds(pid):
    """CPU time since the start, by the scheduler's exact accounting, not by clock ticks."""
    total = 0
    for process in family(pid):
        for task in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{task}/schedstat") as f:
                total += int(f.read().split()[0])
    return total / 1000


def threads(pid):
    """The names of the threads, with their CPU time and their time waiting for a CPU, in microseconds."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            ran, waited, _ = f.read().split()
        with open(f"/proc/{pid}/task/{task}/comm") as f:
            found[f"{f.read().strip()}/{task}"] = (int(ran) / 1000, int(waited) / 1000)
    return found


def memory_bytes(pid):
    """The proportional share of memory, so that memory shared by nginx's processes counts once."""
    total = 0
    for process in family(pid):
        with open(f"/proc/{process}/smaps_rollup") as f:
            total += int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1)) * 1024
    return total


def descriptors(pid):
    return sum(len(os.listdir(f"/proc/{process}/fd")) for process in family(pid))
