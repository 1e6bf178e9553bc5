"""Two replicas behind deploy/haproxy.cfg, a scheduler and two workers: as processes, no containers.

A picture goes through the proxy, a run's link opens on the other replica, and one replica is
killed in the middle: its visitors go on at the other, and the runs too.
"""

import asyncio
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import websockets
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from explorer.experiments.jobs import record
from explorer.words import label, section
from tests.benchmarks.load import Visitor, load
from tests.browser.driver import HOST, Server, free_port
from tests.dask_here import Dask

ROOT = Path(__file__).parents[2]
PATIENCE_S = 600.0
pytestmark = pytest.mark.replicas


@pytest.fixture(scope="module")
def haproxy():
    found = subprocess.run(
        ["sh", "tools/find_proxy.sh", "--no-install"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    if not found:
        assert os.environ.get("CI") != "true", "CI needs HAProxy"
        pytest.skip("no HAProxy: tools/find_proxy.sh installs one where it may")
    return found


def config(port, replicas):
    """The file that is deployed, with this machine's ports in place of a container's names."""
    text = (ROOT / "deploy" / "haproxy.cfg").read_text()
    text = text.replace("bind :8080", f"bind {HOST}:{port}")
    text, found = re.subn(r"resolvers docker\n(    .*\n)+", "", text)
    assert found == 1
    lines = "\n".join(f"    server app{one.port} {HOST}:{one.port}" for one in replicas)
    text, found = re.subn(r"    server-template .*", lines, text)
    assert found == 1
    return text


@pytest.fixture(scope="module")
def school(haproxy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("school")
    with contextlib.ExitStack() as stack:
        dask = Dask(folder)
        stack.callback(dask.stop)
        dask.start_workers(2)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("RESNET_EXPLORER_JOBS", dask.address)
        patch.setenv("RESNET_EXPLORER_JOBS_FOLDER", str(folder / "runs"))
        replicas = [
            stack.enter_context(Server(ROOT, folder / f"replica-{number}.log")) for number in "12"
        ]
        port = free_port()
        (folder / "haproxy.cfg").write_text(config(port, replicas))
        proxy = subprocess.Popen(
            [haproxy, "-db", "-f", str(folder / "haproxy.cfg")],
            stdout=subprocess.DEVNULL,
            stderr=(folder / "haproxy.log").open("wb"),
        )
        stack.callback(proxy.wait)
        stack.callback(proxy.kill)
        end = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(OSError):
                if ask(port, "GET", "/_stcore/health").status == 200:
                    break
            assert proxy.poll() is None and time.monotonic() < end, (
                folder / "haproxy.log"
            ).read_text()
            time.sleep(0.2)
        yield SimpleNamespace(
            port=port,
            url=f"http://{HOST}:{port}",
            replicas=replicas,
            jobs=folder / "runs" / "jobs",
        )


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


class Pupil(Visitor):
    """A visitor with a browser's cookies, who reads the page and knows its buttons."""

    def __init__(self, url, page, query, cookies):
        super().__init__(url, page, query)
        self.cookies, self.texts, self.buttons = cookies, [], {}

    @property
    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def __aenter__(self):
        self.socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            ping_interval=None,
            additional_headers={"Cookie": self.cookie},
        )
        return self

    def _is_end(self, raw):
        message = ForwardMsg.FromString(raw)
        if message.WhichOneof("type") == "delta":
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            if kind == "button":
                self.buttons[element.button.label] = element.button.id
            elif kind in ("alert", "markdown", "heading"):
                self.texts.append(getattr(element, kind).body)
        return super()._is_end(raw)


def arrived(school):
    """The cookies of a new visitor."""
    answer = ask(school.port, "GET", "/_stcore/health")
    found = {}
    for name, value in answer.getheaders():
        if name.lower() == "set-cookie":
            key, _, rest = value.partition("=")
            found[key] = rest.partition(";")[0]
    return found


def two_places(school):
    """Cookies of two visitors who are on different replicas."""
    first = arrived(school)
    for _ in range(20):
        second = arrived(school)
        if second["REPLICA"] != first["REPLICA"]:
            return first, second
    raise AssertionError("all visitors are on one replica")


def upload(port, session, cookies):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + bytes(1000) + b"\r\n--x--\r\n"
    )
    return ask(
        port,
        "PUT",
        f"/_stcore/upload_file/{session}/a",
        body,
        Content_Type="multipart/form-data; boundary=x",
        Cookie="; ".join(f"{name}={value}" for name, value in cookies.items()),
        Origin=f"http://{HOST}:{port}",
    ).status


def progress(school, run):
    with contextlib.suppress(OSError):
        return len((school.jobs / run / "progress.jsonl").read_text().splitlines())
    return 0


def state(school, run):
    """How it ended, as its folder says; None while it has not."""
    ended = record.read_end(school.jobs / run)
    return ended.state if ended else None


async def until(true, what, looks=None):
    """Wait for something; `looks` is a visitor whose page asks for its runs meanwhile, as a browser
    does: what nobody looks at for a minute is cancelled."""
    end = looked = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.2)
        if looks and abs(time.monotonic() - looked) > 5:
            await looks.rerun()
            looked = time.monotonic()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_frame_of_another_site_keeps_the_cookie_where_browsers_allow_it(school, scheme):
    """https://developer.mozilla.org/docs/Web/Privacy/Guides/Privacy_sandbox/Partitioned_cookies"""
    answer = ask(school.port, "GET", "/_stcore/health", X_Forwarded_Proto=scheme)
    (cookie,) = answer.headers.get_all("set-cookie")
    name, *attributes = cookie.split("; ")
    assert re.fullmatch("REPLICA=[0-9a-f]+", name)
    across = {"SameSite=None", "Secure", "Partitioned"}
    assert set(attributes) - {"path=/", "HttpOnly"} == (
        across if scheme == "https" else {"SameSite=Lax"}
    )


def test_a_class_through_the_proxy(school):
    report = asyncio.run(load(school.url, "", "net=resnet18", users=8, reruns=1))
    assert report.errors == []
    assert len(report.later) == 8


def test_sixty_visitors_through_the_proxy_and_at_one_replica(school):
    """Prints how much more two replicas answer; how much that is, is the machine's affair.

    By turns, so that whatever else the machine does meets both alike.
    """
    alone, both = [], []
    for _ in range(2):
        for url, reports in ((school.replicas[0].url, alone), (school.url, both)):
            page = load(url, "shape_trace", "net=resnet50", users=60, reruns=2)
            reports.append(asyncio.run(page))
    for report in (*alone, *both):
        assert report.errors == []
        assert (len(report.first), len(report.later)) == (60, 120)
    one, two = (
        sum(len(report.first) + len(report.later) for report in reports)
        / sum(report.seconds for report in reports)
        for reports in (alone, both)
    )
    print(f"\none replica {one:.1f} pages/s, two behind the proxy {two:.1f}: {two / one:.2f} times")
    for name, reports in (("one replica", alone), ("the proxy", both)):
        print(f"{name}: {reports[-1]}")


def test_a_replica_is_killed_and_its_visitors_go_on_at_the_other(school):
    asyncio.run(lesson(school))


async def lesson(school):
    mine, other = two_places(school)
    lost = section("inference", "nothing uploaded")
    query = "infer_from=upload&net=resnet34&infer_weights=untrained"
    async with Pupil(school.url, "inference", query, mine) as pupil:
        await pupil.rerun()
        # Where the visitor's page is, the picture goes too; elsewhere it would be refused.
        assert upload(school.port, pupil.session, mine) == 204
        assert upload(school.port, pupil.session, other) == 403
        direct = [upload(one.port, pupil.session, mine) for one in school.replicas]
        assert sorted(direct) == [204, 403]
        home = school.replicas[direct.index(204)]

        async with Pupil(school.url, "why_residual", "why_part=training", mine) as trainer:
            await trainer.rerun()
            four = label("why_train.four")
            await trainer.rerun([WidgetState(id=trainer.buttons[four], trigger_value=True)])
            await until(lambda: len(list(school.jobs.glob("*/job.json"))) == 4, "four runs")
        orders = {path.parent.name: path for path in school.jobs.glob("*/job.json")}
        runs = sorted(orders, key=lambda run: json.loads(orders[run].read_text())["number"])

        # A run's link on the other replica.
        link = f"why_part=training&why_runs={','.join(runs)},{'0' * 20}"
        async with Pupil(school.url, "why_residual", link, other) as classmate:
            await classmate.rerun()
            missing = [text for text in classmate.texts if "0" * 20 in text]
            assert len(missing) == 1 and not any(run in missing[0] for run in runs)
            assert classmate.exceptions == []

        await until(lambda: all(progress(school, run) for run in runs[:2]), "two workers run two")
        os.kill(home.process.pid, signal.SIGKILL)
        home.process.wait()
        before = progress(school, runs[0]), progress(school, runs[1])
        with pytest.raises(websockets.ConnectionClosed):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await pupil.socket.recv()

    # The browser connects again, with the cookie that it has and the address that it shows.
    async with Pupil(school.url, "inference", query, mine) as again:
        await again.rerun()
        assert again.exceptions == []
        assert lost in again.texts
        assert any("ResNet-34" in text for text in again.texts)
        # What the lost replica gave the browser is as good at the other: they share no secret.
        assert upload(school.port, again.session, mine) == 204
    async with Pupil(school.url, "why_residual", link, mine) as again:
        await again.rerun()
        assert again.exceptions == []
        shown = [text for text in again.texts if any(run in text for run in runs)]
        assert shown == [], "no run is missing"
        await until(
            lambda: (progress(school, runs[0]), progress(school, runs[1])) > before,
            "runs go on",
            again,
        )
        # Which one depends on the machine: a quick one ends before its server counts as dead.
        await until(
            lambda: any((school.jobs / run / "handler.2").exists() for run in runs),
            "what had not ended is taken over",
            again,
        )
        await until(lambda: all(state(school, run) for run in runs), "all end", again)
        assert {state(school, run) for run in runs} == {"done"}
