"""Draw a bar chart as SVG that is small enough for a diff."""

from xml.sax.saxutils import escape

COLOURS = ("#7a8288", "#c8553d", "#588b8b", "#bcd2ee", "#7fa8dc", "#1f5aa6", "#d9a441")
LEFT, WIDTH, BAR, GAP, TOP = 200, 640, 9, 16, 34
LIMIT = 4.0  # longer bars are cut; the number beside them is correct

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">'


def draw_bars(ratios: dict[str, dict[str, float]], names: dict[str, str]) -> str:
    """Return a chart with a group for every operation and a bar for every stack in *names*."""
    height = TOP + len(ratios) * (len(names) * BAR + GAP)
    parts = [
        HEAD.format(width=LEFT + WIDTH + 60, height=height),
        f'<rect width="100%" height="{height}" fill="#fff"/>',
    ]
    for place, (name, colour) in enumerate(zip(names.values(), COLOURS, strict=True)):
        x = 10 + place * (LEFT + WIDTH + 50) // len(names)
        parts.append(f'<rect x="{x}" y="9" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{x + 15}" y="18">{escape(name)}</text>')
    y = TOP
    for operation, row in ratios.items():
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + len(names) * BAR // 2 + 4}" text-anchor="end">{escape(operation)}</text>'
        )
        for name, colour in zip(names, COLOURS, strict=True):
            length = round(min(row[name], LIMIT) / LIMIT * WIDTH)
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length}" height="{BAR - 1}" fill="{colour}"/>')
            parts.append(f'<text x="{LEFT + length + 4}" y="{y + 8}" font-size="9">x{row[name]:.2f}</text>')
            y += BAR
        y += GAP
    return "\n".join([*parts, "</svg>\n"])
