"""The same faults for this software with etcd, and for HAProxy with keepalived, one after the other on the same hosts."""
import os, signal, time
from dataclasses import dataclass
from typing import Callable

from . import host_faults, keepalived, many_hosts
from .many_hosts import Failed, Watch

OURS, THEIRS = "understudy + etcd", "HAProxy + keepalived"


@dataclass
class Pair:
    name: str
    title: str
    ours: Callable
    theirs: Callable
    seconds: float


def lose_proxy(cluster):
    os.kill(cluster.reigning(0), signal.SIGKILL)


PAIRS = [
    Pair("host-lost", "the serving host loses its power", host_faults.lose_host, host_faults.lose_host, 11),
    Pair("process-lost", "SIGKILL of the balancer", host_faults.lose_process, lose_proxy, 5),
    Pair("orderly-move", "the programs of the serving host end in order", host_faults.move, lambda cluster: cluster.stop_host(0), 5),
    Pair("orderly-at-once", "the programs of the serving host get SIGTERM at once", host_faults.move_at_once,
         lambda cluster: cluster.stop_host_at_once(0), 5),
    Pair("cut-off", "the cable of the serving host is out for 12 s", host_faults.cut_off, host_faults.cut_off, 18),
    Pair("cut-off-behind", "the serving host is cut off behind its switch for 12 s", host_faults.cut_off_behind,
         host_faults.cut_off_behind, 18),
]


def run(pair, contender, net, certs, options):
    if contender == OURS:
        cluster = many_hosts.Cluster(net, options.bin, certs, options.mode)
        act = pair.ours
    else:
        cluster = keepalived.Cluster(net, options.bin, certs)
        act = pair.theirs
    watch = None
    try:
        cluster.start()
        if contender == OURS:
            cluster.store.lead(1)
        watch = Watch(net, options.rate, holders=True)
        cluster.spared += watch.pids
        time.sleep(1.5)
        began = time.monotonic()
        act(cluster)
        time.sleep(max(0.0, began + pair.seconds - time.monotonic()))
        until = time.monotonic() - 0.5
        watch.stop()
        return watch.seen(began, until)
    finally:
        if watch:
            watch.stop()
        cluster.stop(options.keep)
        if options.keep:
            print(f"    logs: {cluster.home}")


def compare(net, certs, options, chosen):
    """Prints each run as it ends. Returns the rows, and the number of runs that did not come about."""
    rows, failures = [], 0
    for pair in PAIRS:
        if chosen and pair.name not in chosen:
            continue
        for contender in (OURS, THEIRS):
            try:
                seen = run(pair, contender, net, certs, options)
            except Failed as problem:
                failures += 1
                print(f"{pair.name:<16}{contender:<22}FAILED: {problem}", flush=True)
                continue
            first = "-" if seen.first is None else f"{seen.first:.3f}"
            two = sum(min(end, pair.seconds) - begin for _, _, begin, end in seen.double_holders if begin < pair.seconds)
            # Every HAProxy accepts at any time: only the address decides where clients come.
            serves = seen.reigns if contender == OURS else seen.holds
            timeline = ", ".join(f"h{host + 1} {begin:+.3f} to {min(end, pair.seconds):+.3f}" for host, begin, end in serves
                                 if begin < pair.seconds)
            print(f"{pair.name:<16}{contender:<22}served {seen.served:>5}  refused {seen.refused:>4}  lost {seen.lost:>4}  first {first:>7}  "
                  f"gap {seen.gap:>7.3f}  two hosts with the address {two:.2f} s\n    serves: {timeline}", flush=True)
            rows.append([pair.title, contender, seen.served, seen.refused, seen.lost, first, f"{seen.gap:.3f}", f"{two:.2f}", timeline])
    return rows, failures
