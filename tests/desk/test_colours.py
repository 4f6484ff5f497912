"""Text on the desk's pages can be read: every pair of ink and ground keeps WCAG's contrast, in light and in dark."""

from __future__ import annotations

import re

import pytest

from desk.app import STATIC

# https://www.w3.org/TR/WCAG22/#contrast-minimum
ENOUGH = 4.5
PAIRS = (
    ("ink", "paper"),
    ("ink", "ground"),
    ("soft", "paper"),
    ("soft", "ground"),
    ("accent", "paper"),
    ("accent", "ground"),
    ("accent-ink", "accent"),
    ("good", "good-wash"),
    ("wait", "wait-wash"),
    ("bad", "bad-wash"),
    ("faint", "paper"),
    ("faint", "ground"),
)


def themes() -> list[dict[str, str]]:
    """The colours by name: light, and dark where it says otherwise."""
    text = (STATIC / "desk.css").read_text()
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", part)) for part in text.split("@media", 2)[:2])
    return [light, light | dark]


def brightness(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(ink: str, ground: str) -> None:
    for theme in themes():
        one, other = sorted((brightness(theme[ink]), brightness(theme[ground])), reverse=True)
        contrast = (one + 0.05) / (other + 0.05)
        assert contrast >= ENOUGH, f"{ink} {theme[ink]} on {ground} {theme[ground]}: {contrast:.2f}"
