"""Long computations beside the app: a queue, progress, cancel, and results that outlive a page.

A job runs wherever a `concurrent.futures.Executor` puts it. What it reports while it runs goes
through files in the service's folder, so the pool of this machine can be exchanged for any
executor whose workers see that folder and have this code, a cluster's included, without touching
the pages. A worker finds CIFAR-10 and its device by itself, where it runs.

The folder is the service's own and goes with it, or one that several servers share (`Shared`):
then a job is what lies in its folder, whichever server is asked.
"""

from explorer.experiments.jobs.cluster import SCHEME, Cluster
from explorer.experiments.jobs.job import ENDED, State, Status
from explorer.experiments.jobs.reporter import Cancelled, Reporter
from explorer.experiments.jobs.service import JobService, close_all
from explorer.experiments.jobs.shared import Bounds, Shared
from explorer.experiments.jobs.worker import worker_process

__all__ = [
    "ENDED",
    "SCHEME",
    "Bounds",
    "Cancelled",
    "Cluster",
    "JobService",
    "Reporter",
    "Shared",
    "State",
    "Status",
    "close_all",
    "worker_process",
]
