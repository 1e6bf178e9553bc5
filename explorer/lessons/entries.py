"""Entries of a Markdown file: a `## id`, lines of `key: value`, an empty line, a longer text.

The id is what addresses, files and session state hold; `title` among the values is what is shown.

Placeholders name a network, as in {resnet50.params:,}, or its MACs in units of 10^9,
as in {resnet50_gmacs}, filled in from the blueprint; or a network on board, as in
{card_resnet20.test_accuracy}, filled in from its card, or one of the four of the central figure,
as in {depth_plain56.training_loss}; what deleting blocks does to a deeper one, {deeper_lesions};
or code that a proof runs, as in {code_batch_norm}.
"""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from explorer.architecture.named import blueprint_named, title_named
from explorer.experiments import proofs
from explorer.experiments.embedded import cards, depth_cards
from explorer.words import count, section
from explorer.words.text import source

_WRITTEN_OUT: Final = Path(proofs.__file__).with_name("written_out.py")


class Entry(NamedTuple):
    """One entry, its placeholders filled in. A `see` among the values is a relative address."""

    id: str
    values: dict[str, str]
    text: str


class _Numbers(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        if name.endswith("_gmacs"):
            return f"{blueprint_named(name.removesuffix('_gmacs')).macs / 1e9:.2f}"
        if name.startswith("code_"):
            return _code(name.removeprefix("code_"))
        if name.startswith("card_"):
            return cards()[name.removeprefix("card_")]
        if name.startswith("depth_"):
            return depth_cards()[name.removeprefix("depth_")]
        if name == "deeper_lesions":
            return _deeper_lesions()
        return blueprint_named(name)


def read(name: str, numbers: Mapping[str, object] | None = None) -> tuple[str, list[Entry]]:
    """The heading of a file, and its entries.

    Args:
        name: the Markdown's, as explorer.words knows it.
        numbers: values of placeholders beyond networks.

    Raises:
        KeyError: a placeholder names no network and is not in `numbers`.
    """
    filled = _Numbers(numbers or {})
    head, *parts = re.split(r"^## +(.+)$", source(name), flags=re.MULTILINE)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    heading = head.strip().removeprefix("# ")
    return heading, [_entry(name.strip(), body, filled) for name, body in pairs]


def _deeper_lesions() -> str:
    """What deleting a block does to ResNet-56, if it is on board."""
    card = depth_cards().get("resnet56")
    if card is None:
        return section("depth_photographs", "deeper not measured")
    worst, _, least = card.extremes
    return section(
        "depth_photographs",
        "deeper measured",
        network=title_named("resnet56"),
        epochs=card.recipe["epochs"],
        blocks=count(len(card.after_deleting), "block"),
        whole=card.test_accuracy,
        low=worst[1],
        high=least[1],
    )


def _code(name: str) -> str:
    """A function or class of proofs/written_out.py by its name in lower case, as Markdown."""
    text = _WRITTEN_OUT.read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        called = node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""
        if re.sub(r"(?<=[a-z])(?=[A-Z])", "_", called).lower() == name:
            return f"```python\n{ast.get_source_segment(text, node)}\n```"
    raise KeyError(name)


def _entry(name: str, body: str, numbers: _Numbers) -> Entry:
    fields, _, text = body.strip().partition("\n\n")
    filled = (line.format_map(numbers) for line in fields.splitlines())
    values = dict(line.split(": ", 1) for line in filled)
    if "see" in values:
        page, _, query = values["see"].partition("?")
        values["see"] = f"{'' if page == 'home' else page}?{query}"
    return Entry(name, values, text.strip().format_map(numbers))
