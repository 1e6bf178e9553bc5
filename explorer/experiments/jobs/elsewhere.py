"""Jobs of a shared folder that this process does not run: what their folders tell of them."""

from typing import Any

from explorer.experiments.jobs import record
from explorer.experiments.jobs.job import Status, accepted
from explorer.experiments.jobs.shared import Shared


def status(shared: Shared, identifier: str, is_cluster: bool) -> Status[Any, Any]:
    """A job that ended, or that another server answers for; asking keeps it alive.

    Args:
        shared: the folder.
        identifier: the job's.
        is_cluster: as in `before`.

    Raises:
        KeyError: no such job, or one so old that it was forgotten.
    """
    order, ended = shared.order(identifier), shared.end(identifier)
    reporter = shared.reporter(identifier)
    state: Any
    if ended is None:
        shared.seen(identifier)
        state = "queued" if reporter.begun() is None else "running"
    else:
        state = ended.state
    seconds = ended.seconds if ended else None
    return Status(
        identifier,
        order.recipe,
        order.owner,
        state,
        before(shared, identifier, is_cluster) if state == "queued" else 0,
        accepted(order.recipe, reporter),
        shared.seconds(identifier) if seconds is None else seconds,
        ended.result if ended else None,
        record.worded(ended.reason) if ended and ended.reason else None,
    )


def before(shared: Shared, identifier: str, is_cluster: bool) -> int:
    """Unfinished jobs before one in the folder that take the same workers: on a cluster all,
    elsewhere those that the same server answers for."""
    names = [name for name, _ in shared.unfinished()]
    if identifier not in names:
        return 0
    names = names[: names.index(identifier)]
    if is_cluster:
        return len(names)
    server = shared.handler(identifier)[1]
    return sum(shared.handler(name)[1] == server for name in names)
