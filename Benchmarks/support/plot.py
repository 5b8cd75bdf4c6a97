"""Draws a bar for each kind of work: the cost of this balancer relative to the best other proxy, with a mark at the target."""
from xml.sax.saxutils import escape

LEFT, WIDTH, BAR, GAP, TOP = 330, 420, 18, 12, 64
# A medium grey and two colours that are visible on black and on white.
INK, GRID, OURS, OVER, MARK = "#808080", "#80808060", "#2f81c9", "#d0702f", "#d4a72c"


def bars(rows, title):
    """An SVG. `rows` are (label, ratio, wanted or None); 1 is the best peer. Bars beyond 1 have another colour."""
    most = max([1.2] + [min(ratio, 2.5) for _, ratio, _ in rows]) * 1.05
    at = lambda ratio: LEFT + WIDTH * min(ratio, most) / most
    height = TOP + len(rows) * (BAR + GAP) + 34
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 70}" height="{height}" '
           f'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="{INK}">',
           f'<text x="12" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
           f'<rect x="12" y="36" width="12" height="12" fill="{OURS}"/><text x="30" y="47">understudy</text>',
           f'<path d="M130 34v16" stroke="{MARK}" stroke-width="3"/><text x="138" y="47">wanted</text>',
           f'<path d="M210 34v16" stroke="{INK}" stroke-dasharray="3 2"/><text x="218" y="47">best of HAProxy and nginx</text>']
    bottom = TOP + len(rows) * (BAR + GAP)
    for step in range(0, int(most / 0.25) + 1):
        x = at(step * 0.25)
        dashes = f'stroke="{INK}" stroke-dasharray="3 2"' if step == 4 else f'stroke="{GRID}"'
        out.append(f'<path d="M{x:.1f} {TOP - 4}V{bottom}" {dashes}/>'
                   f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle" font-size="11">{step * 0.25:g}</text>')
    for index, (label, ratio, wanted) in enumerate(rows):
        y = TOP + index * (BAR + GAP)
        out.append(f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(label)}</text>')
        out.append(f'<rect x="{LEFT}" y="{y}" width="{at(ratio) - LEFT:.1f}" height="{BAR}" fill="{OURS if ratio <= 1 else OVER}"/>')
        if wanted:
            out.append(f'<path d="M{at(wanted):.1f} {y - 3}v{BAR + 6}" stroke="{MARK}" stroke-width="3"/>')
        out.append(f'<text x="{at(ratio) + 6:.1f}" y="{y + 13}" font-weight="bold">{ratio:.2f}</text>')
    return "\n".join(out + ["</svg>\n"])
