"""Addresses of pages in a chosen state, as the sidebar and the pages write them themselves."""

from urllib.parse import urlencode

from explorer.architecture import PRESETS, NetworkSpec
from explorer.architecture.image_size import ImageSize, short_text
from explorer.ui.fields import FIELDS, written


def address(page: str, name: str, spec: NetworkSpec, image_size: ImageSize, **state: str) -> str:
    """A relative address that opens `page` with this network, for a link into a new tab.

    Args:
        page: its path, such as "shape_trace"; empty for the first page.
        name: the preset that the sidebar names; what differs from it in `spec` is customised.
        image_size: pixels, height and width where they differ.
        state: the page's own controls, by their keys.
    """
    # The sidebar's own blank network starts as ResNet-18.
    base = PRESETS["resnet18" if name == "custom" else name]
    query = {"net": name}
    if image_size != base.image_size:
        query["image_size"] = short_text(image_size)
    for field in FIELDS:
        if getattr(spec, field) != getattr(base.spec, field):
            query[field] = written(field, spec)
    return f"{page}?{urlencode(query | state)}"


def from_any_page(relative: str) -> str:
    """The address for a link: where it names no page, it would lead to the page one is on."""
    return f"./{relative}" if relative.startswith("?") else relative
