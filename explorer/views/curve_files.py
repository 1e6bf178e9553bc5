"""Training curves as files of comma-separated values."""

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


def epochs_csv(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """One line per row of each network's curves; `curves` maps a network to its columns."""
    tables = [
        pd.DataFrame(dict(columns)).assign(network=network) for network, columns in curves.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return str(table[["network", *table.columns.drop("network")]].to_csv(index=False))
