"""Training runs as a file."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def curves_csv(runs: Mapping[str, tuple[str, Sequence[Mapping[str, Any]]]]) -> str:
    """One line per reported step of each run; `runs` maps an id to (network, points)."""
    rows = [
        {"run": run, "network": network, **point}
        for run, (network, points) in runs.items()
        for point in points
    ]
    columns = ["run", "network", "step", "loss", "accuracy"]
    return str(pd.DataFrame(rows, columns=columns).to_csv(index=False))
