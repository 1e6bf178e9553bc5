"""A network in one sentence, and what each page is for."""

import re

from explorer.architecture import Blueprint
from explorer.architecture.notation import volume
from explorer.words import section, sections


def summary(bp: Blueprint) -> str:
    """Depth, stem, blocks and shortcuts of the network, from its image to its scores."""
    kernel = bp.stem.ops[0].kernel
    dashed = len(bp.dashed)
    if bp.spec.shortcut == "none":
        shortcuts = section("home", "no shortcuts")
    else:
        shortcuts = section("home", "shortcuts", solid=len(bp.blocks) - dashed, dashed=dashed)
    return section(
        "home",
        "summary",
        depth=f"{bp.spec.depth:,}",
        image=volume(bp.in_shape),
        classes=f"{bp.spec.num_classes:,}",
        stem=f"a {kernel}x{kernel} stem",
        blocks=_counted(len(bp.blocks), f"{bp.spec.block} block"),
        stages=_counted(len(bp.stages), "stage"),
        depths=", ".join(map(str, bp.spec.depths)),
        shortcuts=shortcuts,
    )


def page_descriptions() -> dict[str, str]:
    """Title of a page -> what it is for."""
    parts = re.split(r"^### +(.+)$", sections("home")["pages"], flags=re.MULTILINE)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {title.strip(): description.strip() for title, description in pairs}


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
