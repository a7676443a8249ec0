"""Curves as an SVG of its own: panels side by side, seconds upwards on a logarithmic axis, each line with its name at its end."""
import math
from xml.sax.saxutils import escape

COLOURS = {"golub": "#1f5fa8", "mbsync": "#c05a12"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 400, 320, 56, 62, 40, 48
SECONDS = (0.001, 0.01, 0.1, 1, 10, 100, 1000, 10000)


class Panel:
    """points: name of the program -> [(x, seconds)]"""

    def __init__(self, title, unit, points, log_x):
        self.title, self.unit, self.points, self.log_x = title, unit, points, log_x
        xs = [x for line in points.values() for x, _ in line]
        ys = [y for line in points.values() for _, y in line]
        self.left, self.right = min(xs), max(xs)
        self.low = max(s for s in SECONDS if s <= min(ys))
        self.high = min(s for s in SECONDS if s >= max(ys))

    def x(self, value):
        inside = WIDTH - LEFT - RIGHT
        if self.right == self.left:
            return LEFT + inside / 2
        if self.log_x:
            return LEFT + inside * math.log(value / self.left) / math.log(self.right / self.left)
        return LEFT + inside * (value - self.left) / (self.right - self.left)

    def y(self, seconds):
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - math.log(seconds / self.low) / math.log(self.high / self.low))


def text(x, y, words, anchor="start", size=12, colour="#333", weight="normal"):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d" fill="%s" font-weight="%s">%s</text>' % (
        x, y, anchor, size, colour, weight, escape(words))


def axes(panel):
    out = [text(LEFT, 22, panel.title, size=14, weight="bold")]
    for seconds in SECONDS:
        if panel.low <= seconds <= panel.high:
            y = panel.y(seconds)
            out.append('<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/>' % (LEFT, y, WIDTH - RIGHT, y))
            out.append(text(LEFT - 6, y + 4, "%g s" % seconds, "end"))
    ticks = sorted({x for line in panel.points.values() for x, _ in line})
    last = -1e9
    for x in ticks:
        if panel.x(x) - last > 28:  # numbers must not touch
            last = panel.x(x)
            out.append(text(last, HEIGHT - BOTTOM + 18, "{:,}".format(x), "middle"))
    out.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, panel.unit, "middle"))
    return out


def lines(panel):
    out = []
    for name, points in panel.points.items():
        colour = COLOURS.get(name, "#555")
        path = " ".join("%.1f,%.1f" % (panel.x(x), panel.y(y)) for x, y in points)
        out.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (path, colour))
        out += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (panel.x(x), panel.y(y), colour) for x, y in points]
        out.append(text(panel.x(points[-1][0]) + 7, panel.y(points[-1][1]) + 4, name, colour=colour, weight="bold"))
    return out


def draw(path, panels):
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" role="img">'
           % (WIDTH * len(panels), HEIGHT), "<title>%s</title>" % escape("; ".join(p.title for p in panels)),
           '<rect width="100%" height="100%" fill="#fff"/>']
    for n, panel in enumerate(panels):
        out += ['<g transform="translate(%d 0)">' % (n * WIDTH), *axes(panel), *lines(panel), "</g>"]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([*out, "</svg>", ""]))
