"""The benchmark's results as a table (Markdown) and as a plot (SVG)."""
import html
import math

# CPU time, as ratios to the floor, that a run may have at most; and memory in MiB.
GOALS = {"handshakes": 4, "bulk": 1.2, "mixed": 3.3, "synflood": 0.8, "concurrent": 4}
MEMORY_GOALS = {"synflood": 128, "concurrent": 1024, "small": 16}
SMALL_WALL_GOAL = 0.020
SMALL = "small"

COLORS = {"hellotap": "#1f6feb"}
OTHER_COLOR = "#9aa4b2"
WIDTH, LABEL_WIDTH, BAR, GAP, GROUP_GAP, TOP = 800, 190, 16, 4, 14, 46


def spread(values, digits):
    """Median and range; the median alone where there is one value."""
    low, high = min(values), max(values)
    text = f"{median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({low:.{digits}f}-{high:.{digits}f})"


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def verdict(row):
    """What of a row's goals was missed; empty where all was reached."""
    if row["program"] != "hellotap":
        return ""
    name, missed = row["scenario"], []
    if row.get("ratio") is not None and row["ratio"] > GOALS.get(name, math.inf):
        missed.append(f"over {GOALS[name]} x")
    if row["rss_mib"] > MEMORY_GOALS.get(name, math.inf):
        missed.append(f"over {MEMORY_GOALS[name]} MiB")
    if name == SMALL and median(row["wall"]) > SMALL_WALL_GOAL:
        missed.append("over 20 ms")
    if row.get("differences"):
        missed.append("wrong counts")
    if row.get("differences") is None:
        missed.append("counts not checked")
    return ", ".join(missed) or "reached"


def cells(row):
    cpu = median(row["cpu"])
    small = row["scenario"] == SMALL
    yield row["scenario"]
    yield row["program"]
    yield spread(row["cpu"], 3 if small else 2)
    yield spread(row["wall"], 3 if small else 2)
    yield f"{row['rss_mib']:.0f}"
    yield "" if small or cpu == 0 else f"{row['frames'] / cpu / 1e6:.2f}"
    yield "" if small or cpu == 0 else f"{row['bytes'] * 8 / cpu / 1e9:.1f}"
    yield "" if row.get("ratio") is None else f"{row['ratio']:.2f}"
    yield str(GOALS.get(row["scenario"], "")) if row["program"] == "hellotap" else ""
    yield verdict(row)


def table(rows):
    head = ["capture", "program", "CPU s", "wall s", "MiB", "Mframes/s", "Gbit/s", "x floor", "goal",
            "verdict"]
    lines = [head, ["---"] * 2 + ["---:"] * 7 + ["---"]] + [list(cells(row)) for row in rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def place(ratio, low, high):
    """Where on the logarithmic axis a ratio lies."""
    span = math.log10(high) - math.log10(low)
    part = (math.log10(max(ratio, low)) - math.log10(low)) / span
    return LABEL_WIDTH + part * (WIDTH - LABEL_WIDTH - 60)


def text(x, y, what, anchor="start", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{html.escape(what)}</text>'


def axis(low, high, bottom):
    ratio = low
    while ratio <= high:
        x = place(ratio, low, high)
        yield f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}" stroke="#d0d7de"/>'
        yield text(x, TOP - 12, f"{ratio:g} x", "middle")
        ratio *= 10


def bar(row, y, low, high):
    left, x = place(low, low, high), place(row["ratio"], low, high)
    color = COLORS.get(row["program"], OTHER_COLOR)
    yield text(LABEL_WIDTH - 8, y + BAR - 4, row["program"], "end")
    yield f'<rect x="{left:.1f}" y="{y}" width="{x - left:.1f}" height="{BAR}" fill="{color}"/>'
    yield text(x + 5, y + BAR - 4, f"{row['ratio']:.1f}")


def goal_mark(name, y, low, high):
    x = place(GOALS[name], low, high)
    yield (f'<line x1="{x:.1f}" y1="{y - 3}" x2="{x:.1f}" y2="{y + BAR + 3}" stroke="#cf222e" '
           'stroke-width="2"/>')


def plot(rows):
    """Bars of ratios to the floor, on a logarithmic axis; a red mark is the goal."""
    rows = [row for row in rows if row.get("ratio") is not None and row["program"] != "floor"]
    low, high = 0.1, 10 ** math.ceil(math.log10(max([row["ratio"] for row in rows] + [10]) * 1.5))
    y, body, names = TOP + 6, [], []
    for row in rows:
        if row["scenario"] not in names:
            y += GROUP_GAP if names else 0
            names.append(row["scenario"])
            body.append(text(4, y + BAR - 4, row["scenario"], extra='font-weight="bold"'))
        body.extend(bar(row, y, low, high))
        if row["program"] == "hellotap":
            body.extend(goal_mark(row["scenario"], y, low, high))
        y += BAR + GAP
    title = text(4, 16, "CPU time as a ratio to the floor program; red: the goal; less is better")
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 8}" '
            'font-family="sans-serif" font-size="12">\n'
            f'<rect width="{WIDTH}" height="{y + 8}" fill="#ffffff"/>\n')
    return head + "\n".join([title, *axis(low, high, y), *body]) + "\n</svg>\n"
