"""The faults of Benchmarks/hosts: what each does, and what has to be true after it."""
import os, signal, time
from dataclasses import dataclass, field
from typing import Callable

from .many_hosts import LAYOUT, PREFIX, TTL
from .network import STORE

# The aims: seconds to the first answer of another host.
LOST_HOST, ORDERLY = TTL + 1.5, 0.3


@dataclass
class Expectation:
    """`first`: the latest first answer, in seconds. `gap`: the longest time without an answer. `fails`: requests may fail."""
    first: float = None
    gap: float = None
    fails: bool = False
    host: int = None  # where the balancer is at the end; None for any host


STAYS = Expectation(gap=1.0, host=0)
# A new leader of the store restarts the time of every lease.
LONGER = Expectation(first=LOST_HOST + 3, gap=LOST_HOST + 3, fails=True)
MOVES = Expectation(first=LOST_HOST, gap=LOST_HOST, fails=True)


def store_away(seconds, mode):
    """What is promised while the store is away, by the mode of --when-store-lost. This is the only place that knows."""
    ends_after = TTL * 4 / 5
    if mode == "failsafe" or seconds < ends_after - 1.5:
        return STAYS
    if seconds < ends_after + 0.5:
        # The reign ends or not, depending on the last renewal.
        return Expectation(gap=seconds + 3, fails=True)
    # The reign ends. A host takes over soon after the store is back. Its members need some seconds for an election or two.
    return Expectation(gap=seconds - ends_after + 6, fails=True)


@dataclass
class Fault:
    name: str
    title: str
    act: Callable  # (cluster): may take its time
    expect: Callable  # (mode) -> Expectation
    seconds: float = 10.0  # the whole time that is watched
    options: dict = field(default_factory=dict)  # of Cluster
    prepare: Callable = lambda cluster: cluster.store.lead(1)  # before the client begins
    is_short: bool = False  # also in the short form


def wait(seconds):
    time.sleep(seconds)


# MARK: Hosts and processes

def lose_host(cluster):
    cluster.power_off(0)


def reboot(cluster):
    """The host comes back with its store, its workers and its balancer's unit, and without the clients' address."""
    cluster.power_off(0)
    wait(8)
    cluster.network.join(cluster.network.hosts[0])
    cluster.store.start(0)
    cluster.start_workers(0)
    cluster.balancer = cluster.start_balancer(0)


def lose_process(cluster):
    os.kill(cluster.reigning(0), signal.SIGKILL)


def lose_programs(cluster):
    """The service manager starts them again after a second. They continue the lease of their host."""
    cluster.signal_programs(0, signal.SIGSTOP)
    cluster.signal_programs(0, signal.SIGKILL)
    wait(1)
    cluster.start_workers(0)
    cluster.balancer = cluster.start_balancer(0)


def abandon(cluster):
    """Its units have failed, so nothing starts them again. Each runs a last command."""
    cluster.signal_programs(0, signal.SIGSTOP)
    cluster.signal_programs(0, signal.SIGKILL)
    cluster.hook(0, "check")


def to_etcd(cluster):
    """The steps of docs/many-hosts.md, with the present epoch first, and back to the lock after 4 s."""
    status = cluster.status(0)
    cluster.store.put(f"{PREFIX}/epoch", str(status["epoch"]))
    change(cluster, "etcd", [0, 1, 2], balancer_first=True)
    wait(4)
    change(cluster, "lock", [2, 1, 0], balancer_first=False)


def change(cluster, coordinator, hosts, balancer_first):
    def replace():
        words = ["--coordinator", "lock"] if coordinator == "lock" else []
        before = cluster.reigning(0)
        cluster.balancer = cluster.start_balancer(0, "--replace", *words, coordinator=coordinator)
        cluster.until("the replacement reigns", lambda: cluster.reigning(0) != before and cluster.status(0))
    if balancer_first:
        replace()
    for index in hosts:
        for name, host, _ in LAYOUT:
            if host == index:
                cluster.workers[name].terminate()
                cluster.workers[name].wait(20)
                cluster.start_worker(name, coordinator=coordinator)
                cluster.until(f"{name} is ready", lambda: cluster.is_ready(0, name))
    if not balancer_first:
        replace()


def move(cluster):
    """In the order of contrib/systemd/stop-cluster, and of a shutdown with its units."""
    workers = [cluster.workers[name] for name, host, _ in LAYOUT if host == 0]
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.wait(20)
    os.kill(cluster.reigning(0), signal.SIGTERM)


def move_at_once(cluster):
    for name, host, _ in LAYOUT:
        if host == 0:
            cluster.workers[name].terminate()
    os.kill(cluster.reigning(0), signal.SIGTERM)


def pause(cluster):
    """The whole host stands still, as a virtual machine that is moved. Its kernel does not."""
    host = cluster.network.hosts[0]
    pids = cluster.network.processes(host, cluster.spared)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    wait(TTL + 3)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


# MARK: Cables

def cut_store(cluster):
    cluster.network.cut(cluster.network.hosts[0], STORE)
    wait(12)
    cluster.network.join(cluster.network.hosts[0], STORE)


def cut_off(cluster):
    cluster.network.cut(cluster.network.hosts[0])
    wait(12)
    cluster.network.join(cluster.network.hosts[0])


def cut_off_behind(cluster):
    """The host itself notices nothing: its cable has a link."""
    cluster.network.block(cluster.network.hosts[0], True)
    wait(12)
    cluster.network.block(cluster.network.hosts[0], False)


# MARK: The store

def freeze(index, seconds):
    def act(cluster):
        cluster.store.signal(index, signal.SIGSTOP)
        wait(seconds)
        cluster.store.signal(index, signal.SIGCONT)
    return act


def freeze_often(cluster):
    """Longer than the leases last. A leader that wakes may end leases that its successor has renewed (etcd issue 15247)."""
    for _ in range(4):
        cluster.store.lead(1)
        cluster.store.signal(1, signal.SIGSTOP)
        wait(TTL + 2)
        cluster.store.signal(1, signal.SIGCONT)
        wait(2)


def lose_quorum(seconds, number=signal.SIGKILL):
    def act(cluster):
        for index in (1, 2):
            cluster.store.signal(index, number)
        wait(seconds)
        for index in (1, 2):
            if number == signal.SIGKILL:
                cluster.store.start(index)
            else:
                cluster.store.signal(index, signal.SIGCONT)
    return act


def lose_member(cluster):
    cluster.store.signal(cluster.store.leader(), signal.SIGKILL)


def fill(cluster):
    cluster.store.alarm(True)
    wait(8)
    cluster.store.alarm(False)


def fill_and_elect(cluster):
    """A new raft term needs a new lease, which the store refuses."""
    cluster.store.alarm(True)
    wait(1)
    cluster.store.lead(2)
    wait(8)
    cluster.store.alarm(False)


def wipe(cluster):
    cluster.store.replace_data()


def back_up(cluster):
    cluster.store.back_up(f"{cluster.home}/backup")
    # The store goes on after the backup.
    for number in range(5):
        cluster.store.put(f"/other/{number}", "x")


def restore(cluster):
    cluster.store.replace_data(f"{cluster.home}/backup")


def renew_members(cluster):
    for index in range(3):
        cluster.store.renew_member(index)


def cut_answers(cluster):
    cluster.tap.is_cutting = True
    wait(12)
    cluster.tap.is_cutting = False


# MARK: The clock

def leap(cluster):
    for offset in ("+1d", "-1h", "+0"):
        cluster.clock.leap(offset)
        wait(4)


FAULTS = [
    Fault("host-lost", "the reigning host loses its power", lose_host, lambda mode: MOVES, 11, is_short=True),
    Fault("host-and-leader-lost", "the reigning host loses its power, and the store's leader with it", lose_host, lambda mode: LONGER, 13,
          prepare=lambda cluster: cluster.store.lead(0)),
    Fault("reboot", "the reigning host loses its power, and is back after 8 s", reboot, lambda mode: MOVES, 16),
    Fault("process-lost", "SIGKILL of the balancer", lose_process, lambda mode: Expectation(first=0.3, gap=0.5, host=0), 4, is_short=True),
    Fault("programs-lost", "SIGKILL of the balancer and of its host's workers, which start again after 1 s", lose_programs,
          lambda mode: Expectation(first=3.0, gap=3.0, fails=True, host=0), 8),
    Fault("programs-stay-lost", "SIGKILL of the balancer and of its host's workers, which do not start again", abandon, lambda mode: MOVES, 11),
    Fault("two-hosts-lost", "two hosts, and a third that only runs etcd: the reigning one loses its power", lose_host, lambda mode: MOVES, 11,
          options=dict(layout=LAYOUT[:3])),
    Fault("lock-to-etcd-to-lock", "from the lock to etcd, and back", to_etcd, lambda mode: STAYS, 25, options=dict(coordinator="lock")),
    Fault("orderly-move", "the workers of the reigning host end by SIGTERM, then its balancer", move,
          lambda mode: Expectation(gap=ORDERLY, fails=True), 5, is_short=True),
    Fault("orderly-at-once", "SIGTERM to the workers of the reigning host and to its balancer, at once", move_at_once,
          lambda mode: Expectation(gap=ORDERLY, fails=True), 5),
    Fault("paused", f"the reigning host stands still for {TTL + 3} s", pause, lambda mode: MOVES, 14, is_short=True),
    Fault("cut-from-store", "the reigning host is cut off the store for 12 s", cut_store,
          lambda mode: STAYS if mode == "failsafe" else MOVES, 16),
    Fault("cut-off", "the reigning host is cut off for 12 s", cut_off, lambda mode: MOVES, 18, is_short=True),
    Fault("cut-off-behind", "the reigning host is cut off behind its switch for 12 s", cut_off_behind, lambda mode: MOVES, 18),
    Fault("leader-frozen-here", "the store's leader on the reigning host stands still for 6 s", freeze(0, 6), lambda mode: STAYS, 12,
          prepare=lambda cluster: cluster.store.lead(0)),
    Fault("leader-frozen-there", "the store's leader on another host stands still for 6 s", freeze(1, 6), lambda mode: STAYS, 12,
          is_short=True),
    Fault("leader-frozen-often", f"the same, four times for {TTL + 2} s", freeze_often, lambda mode: STAYS, 40),
    Fault("leader-lost", "SIGKILL of the store's leader, on the reigning host", lose_member, lambda mode: STAYS, 8,
          prepare=lambda cluster: cluster.store.lead(0)),
    Fault("no-quorum-2", "two members stand still for 2.5 s", lose_quorum(2.5, signal.SIGSTOP), lambda mode: store_away(2.5, mode), 9),
    Fault("no-quorum-10", "two members are killed, and come back after 10 s", lose_quorum(10), lambda mode: store_away(10, mode), 20),
    Fault("no-quorum-15", "two members are killed, and come back after 15 s", lose_quorum(15), lambda mode: store_away(15, mode), 25,
          is_short=True),
    Fault("no-space", "the store is read-only for 8 s (alarm NOSPACE)", fill, lambda mode: STAYS, 12),
    Fault("no-space-elected", "the same for 9 s, and its leader changes after 1 s", fill_and_elect, lambda mode: store_away(8, mode), 16),
    Fault("wiped", "all members are stopped and lose their data", wipe, lambda mode: STAYS, 12),
    Fault("restored", "all members are stopped and get the data of a backup", restore, lambda mode: STAYS, 14, prepare=back_up),
    Fault("token-expired", "users in the store, whose tokens last 1 s", lambda cluster: wait(12), lambda mode: STAYS, 12,
          options=dict(store_options=["--auth-token-ttl", "1"], user="nodes")),
    Fault("members-replaced", "each member is taken out and replaced by an empty one", renew_members, lambda mode: STAYS, 20),
    Fault("answers-cut", "one of three answers of the store ends early, for 12 s", cut_answers, lambda mode: STAYS, 15,
          options=dict(tap=True)),
    Fault("clock-leaps", "the clock of the reigning host leaps by a day and back", leap, lambda mode: STAYS, 14),
]


def judge(fault, seen, mode, slack):
    """What was not as promised."""
    expected = fault.expect(mode)
    # A busy machine needs a while for a process's start, too.
    most = (lambda seconds: seconds * slack + 2) if slack > 1 else (lambda seconds: seconds)
    found = [f"h{a + 1} and h{b + 1} accepted at once from {begin:+.3f} to {end:+.3f} s" for a, b, begin, end in seen.doubles]
    if not seen.first:
        found.append("no answer after the fault")
    elif expected.first and seen.first > most(expected.first):
        found.append(f"first answer after {seen.first:.2f} s, promised {expected.first:g}")
    if expected.gap and seen.gap > most(expected.gap):
        found.append(f"no answer for {seen.gap:.2f} s, promised {expected.gap:g}")
    if not expected.fails and seen.refused + seen.lost:
        found.append(f"{seen.refused + seen.lost} requests failed")
    if expected.host is not None and {host for host, _, end in seen.reigns if end > 0} != {expected.host}:
        found.append("the reign moved")
    if len(seen.holders) != 1:
        found.append(f"{len(seen.holders)} hosts have the clients' address: {' '.join(h.label for h in seen.holders)}")
    return found
