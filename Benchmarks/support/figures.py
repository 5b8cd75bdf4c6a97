"""Results, and their output as text, Markdown and JSON."""
import json, statistics
from dataclasses import asdict, dataclass, field

OURS = "understudy"


@dataclass
class Figures:
    """One proxy at one kind of work, the median of the rounds. CPU is in microseconds for a request, latency in milliseconds."""
    cpu: float
    rate: float = 0
    busy: float = 0
    p50: float = 0
    p99: float = 0
    problem: str = ""
    agreed: str = ""

    @staticmethod
    def of(outcome, spent):
        return Figures(cpu=spent / max(1, outcome.requests), rate=outcome.requests / outcome.seconds, busy=spent / outcome.seconds / 1e6,
                       p50=outcome.p50, p99=outcome.p99, problem=outcome.problem, agreed=outcome.agreed)

    @staticmethod
    def median(rounds):
        middle = lambda name: statistics.median(getattr(figures, name) for figures in rounds)
        return Figures(*map(middle, ("cpu", "rate", "busy", "p50", "p99")), agreed=rounds[0].agreed,
                       problem=next((figures.problem for figures in rounds if figures.problem), ""))


@dataclass
class Row:
    """One kind of work at all proxies. `half` is at half of HAProxy's rate. `limits` are named microseconds or KiB."""
    name: str
    title: str
    target: float = None
    half_target: float = None
    full: dict = field(default_factory=dict)
    half: dict = field(default_factory=dict)
    half_rate: float = 0
    limits: dict = field(default_factory=dict)

    @staticmethod
    def ratio_in(figures, name):
        """The ratio of this balancer to the best of the others; None if one of both is missing."""
        others = [getattr(f, name) for proxy, f in figures.items() if proxy != OURS and getattr(f, name)]
        return getattr(figures[OURS], name) / min(others) if others and OURS in figures else None

    @property
    def ratio(self):
        return self.ratio_in(self.full, "cpu")

    @property
    def half_ratio(self):
        return self.ratio_in(self.half, "p99")

    def text(self):
        lines = [f"\n{self.title}" + (f"; half load is {self.half_rate:,.0f} requests/s" if self.half_rate else "")]
        lines.append(f"{'':<12}{'us/request':>11}{'ratio':>7}{'requests/s':>12}{'busy':>6}{'p50 ms':>9}{'p99 ms':>9}"
                     f"{'half: p50':>11}{'p99 ms':>9}{'us/request':>12}")
        best = min((f.cpu for proxy, f in self.full.items() if proxy != OURS), default=0)
        for proxy, f in self.full.items():
            line = f"{proxy:<12}{f.cpu:>11.1f}{f.cpu / best if best else 0:>7.2f}"
            if f.rate:
                line += f"{f.rate:>12,.0f}{f.busy:>6.0%}{f.p50:>9.2f}{f.p99:>9.2f}"
            if proxy in self.half:
                h = self.half[proxy]
                line += f"{h.p50:>11.3f}{h.p99:>9.3f}{h.cpu:>12.1f}"
            lines.append(line + "".join(f"  {x.problem}" for x in (f, self.half.get(proxy)) if x and x.problem))
        lines += [f"  limit: {name} {value:.1f}" for name, value in self.limits.items()]
        if self.target:
            lines.append(f"  wanted: {self.target} of the best peer")
        return "\n".join(lines)


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def bold_if_met(ratio, target):
    """A ratio, in bold if it meets the target."""
    if ratio is None:
        return ""
    text = f"{ratio:.2f}"
    return f"**{text}**" if target and ratio <= target else text


def table(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(line) + " |" for line in lines])


def markdown(rows, remarks):
    """Three tables: the cost of a request, at saturation, at half load."""
    proxies = list(dict.fromkeys(proxy for row in rows for proxy in row.full))
    limits = lambda row: "; ".join(f"{name} {number(value)}" for name, value in row.limits.items())
    cost = [[row.title, *(number(row.full[p].cpu) if p in row.full else "" for p in proxies), bold_if_met(row.ratio, row.target),
             str(row.target or ""), limits(row)] for row in rows]

    def pairs(figures, form):
        return [[row.title, *(form(figures(row)[p]) if p in figures(row) else "" for p in proxies)] for row in rows if figures(row)]

    rate = pairs(lambda row: row.full if row.full[OURS].rate else {}, lambda f: f"{number(f.rate)} ({f.busy:.0%})")
    late = pairs(lambda row: row.full if row.full[OURS].rate else {}, lambda f: f"{f.p50:.2f} / {f.p99:.2f}")
    half = [[row.title, number(row.half_rate), *(f"{row.half[p].p50:.2f} / {row.half[p].p99:.2f}" for p in proxies),
             bold_if_met(row.half_ratio, row.half_target), str(row.half_target or "")] for row in rows if row.half]
    return "\n\n".join([
        remarks, "Microseconds of CPU for a request:", table(["work", *proxies, "ratio", "wanted", "limits"], cost),
        "Requests per second at saturation, and the share of its core that the proxy used:", table(["work", *proxies], rate),
        "Latency at saturation, p50 / p99, ms:", table(["work", *proxies], late),
        "Latency at half of what HAProxy carries, p50 / p99, ms; the ratio is of p99:",
        table(["work", "requests/s", *proxies, "ratio", "wanted"], half),
    ]) + "\n"


def write_markdown(path, text, mark="figures"):
    """Replaces the text between the two marks of that name. A file without the marks is overwritten."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    try:
        with open(path) as file:
            before, _, rest = file.read().partition(begin)
    except FileNotFoundError:
        before, rest = "", ""
    _, found, after = rest.partition(end)
    with open(path, "w") as file:
        file.write(before + begin + text + end + after if found else text)


def write_json(path, rows, about):
    with open(path, "w") as file:
        json.dump({"about": about, "rows": [{**asdict(row), "ratio": row.ratio, "half_ratio": row.half_ratio} for row in rows]}, file, indent=1)
        file.write("\n")
