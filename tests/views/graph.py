"""Reads DOT back: nodes and edges with their attributes, as the tests of diagrams need them."""

import re

_WORD = r'"(?:[^"\\]|\\.)*"|[\w.]+'
_LINE = re.compile(rf"^\s*({_WORD})(?: -> ({_WORD}))? \[(.*)\]$")
_PAIR = re.compile(rf'([\w]+)=({_WORD}|"")')


def nodes_and_edges(source):
    """{node: attributes} and [(tail, head, attributes)]; the legend's are left out."""
    nodes, edges = {}, []
    for line in source.splitlines():
        match = _LINE.match(line)
        if match is None or _plain(match[1]) in ("node", "edge", "graph"):
            continue
        tail, head = _plain(match[1]), _plain(match[2] or "")
        attributes = {name: _plain(value) for name, value in _PAIR.findall(match[3])}
        if tail.startswith("legend-"):
            continue
        if head:
            edges.append((tail, head, attributes))
        else:
            nodes[tail] = attributes
    return nodes, edges


def legend_words(source):
    """The lines of text in the legend."""
    return re.findall(r'"?legend-[\w]+-text"? \[.*?label="([^"\\]*)', source)


def _plain(word):
    return word[1:-1] if word.startswith('"') else word
