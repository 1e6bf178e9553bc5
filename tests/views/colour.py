"""Colours as eyes see them: contrast, distance, and what colour-blind readers are left with."""

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

Triple = tuple[float, float, float]

# Machado, Oliveira and Fernandes, 'A physiologically-based model for simulation of color vision
# deficiency' (2009), severity 1.0; they act on linear RGB.
BLINDNESS: dict[str, tuple[Triple, Triple, Triple]] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
# sRGB to XYZ for D65, IEC 61966-2-1.
_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_WHITE = (0.9505, 1.0, 1.089)


def linear(colour: str) -> Triple:
    """`#rrggbb` as linear RGB, each from 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def _times(matrix: tuple[Triple, Triple, Triple], vector: Triple) -> Triple:
    red, green, blue = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio, from 1 to 21."""
    low, high = sorted(_times(_XYZ, linear(colour))[1] for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, blindness: str | None = None) -> Triple:
    """CIELAB of a colour, as somebody sees it who has this kind of colour blindness."""
    rgb = linear(colour)
    if blindness is not None:
        red, green, blue = (min(1.0, max(0.0, c)) for c in _times(BLINDNESS[blindness], rgb))
        rgb = (red, green, blue)
    parts = [c / w for c, w in zip(_times(_XYZ, rgb), _WHITE, strict=True)]
    x, y, z = (p ** (1 / 3) if p > (6 / 29) ** 3 else p * (29 / 6) ** 2 / 3 + 4 / 29 for p in parts)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: Triple, other: Triple) -> float:
    """CIEDE2000 of two CIELAB colours, as in Sharma, Wu and Dalal (2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    chroma = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(chroma**7 / (chroma**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1 = degrees(atan2(b1, a1)) % 360 if c1 else 0.0
    h2 = degrees(atan2(b2, a2)) % 360 if c2 else 0.0
    dh, total = h2 - h1, h1 + h2
    mean_h = total / 2
    if not c1 * c2:
        dh, mean_h = 0.0, total
    elif abs(dh) > 180:
        dh -= 360 if dh > 0 else -360
        mean_h = (total + (360 if total < 360 else -360)) / 2
    dl, dc = l2 - l1, c2 - c1
    big_h = 2 * sqrt(c1 * c2) * sin(radians(dh / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * cos(radians(mean_h - 30))
        + 0.24 * cos(radians(2 * mean_h))
        + 0.32 * cos(radians(3 * mean_h + 6))
        - 0.20 * cos(radians(4 * mean_h - 63))
    )
    turn = 30 * exp(-(((mean_h - 275) / 25) ** 2))
    r_c = 2 * sqrt(mean_c**7 / (mean_c**7 + 25**7))
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    r_t = -sin(radians(2 * turn)) * r_c
    lightness, colourfulness, hue = dl / s_l, dc / s_c, big_h / s_h
    return sqrt(lightness**2 + colourfulness**2 + hue**2 + r_t * colourfulness * hue)
