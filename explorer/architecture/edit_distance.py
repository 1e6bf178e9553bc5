"""The cheapest way to turn one sequence into another: which elements stand side by side."""

from collections.abc import Sequence

Pairs = list[tuple[int | None, int | None]]


def align(costs: Sequence[Sequence[float]], left: Sequence[float], right: Sequence[float]) -> Pairs:
    """Indices side by side, in the order of both sequences, None where one has no counterpart.

    Where several ways cost the same, what has no counterpart stands as late as possible. Equal
    beginnings and ends cost next to nothing; what lies between, the product of its lengths.

    Args:
        costs: `costs[i][j]` of putting element i of the left sequence beside j of the right one;
            0 for equals, infinity for what can't stand together.
        left, right: what it costs to leave each element alone.
    """
    rows, columns = len(left), len(right)
    start, shortest = 0, min(rows, columns)
    while start < shortest and costs[start][start] == 0:
        start += 1
    end = 0
    while end < shortest - start and costs[rows - 1 - end][columns - 1 - end] == 0:
        end += 1
    middle = _align(
        [costs[i][start : columns - end] for i in range(start, rows - end)],
        left[start : rows - end],
        right[start : columns - end],
    )
    return [
        *((i, i) for i in range(start)),
        *((i if i is None else i + start, j if j is None else j + start) for i, j in middle),
        *((rows - i, columns - i) for i in range(end, 0, -1)),
    ]


def _align(
    costs: Sequence[Sequence[float]], left: Sequence[float], right: Sequence[float]
) -> Pairs:
    table = [[0.0]]
    for alone in right:
        table[0].append(table[0][-1] + alone)
    for alone, costs_of_row in zip(left, costs, strict=True):
        above = table[-1]
        best = above[0] + alone
        row = [best]
        diagonal = above[0]
        for up, cost, beside in zip(above[1:], costs_of_row, right, strict=True):
            best += beside
            if up + alone < best:
                best = up + alone
            if diagonal + cost < best:
                best = diagonal + cost
            row.append(best)
            diagonal = up
        table.append(row)
    return _way_back(table, left, right)


def _way_back(
    table: Sequence[Sequence[float]], left: Sequence[float], right: Sequence[float]
) -> Pairs:
    """From the end to the beginning; elements that stay alone first, so that they stand late."""
    found: Pairs = []
    i, j = len(left), len(right)
    while i or j:
        here = table[i][j]
        if j and here == table[i][j - 1] + right[j - 1]:
            j -= 1
            found.append((None, j))
        elif i and here == table[i - 1][j] + left[i - 1]:
            i -= 1
            found.append((i, None))
        else:
            i, j = i - 1, j - 1
            found.append((i, j))
    return found[::-1]
