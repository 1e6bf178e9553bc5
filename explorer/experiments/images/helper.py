"""Decodes in a process beside the app, so that no file can take the app's time or memory.

A decoder in C cannot be interrupted by a thread, but a process can be ended: by the system after
so many seconds of its own work, or by the app after so many on the clock. It may use so much
memory and no more, what its libraries print goes nowhere, and one that crashes is replaced.
"""

import atexit
import json
import os
import select
import signal
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import IO, Any, Final

from PIL import Image

from explorer.experiments.images.decoding import decoded
from explorer.experiments.images.outside import Refused

WORK_S: Final = 2.5
"""Of a core's time for one picture; 64 million pixels take about one."""
PATIENCE_S: Final = 30.0
"""On the clock, where many visitors share the machine's cores."""
MEMORY: Final = 1_500_000_000
_ROOT: Final = Path(__file__).parents[3]
_LENGTH: Final = struct.Struct(">Q")
_ROOM: Final = 2**20
"""Of the pipe from the process, in bytes: the most that Linux gives to everybody."""


class Helper:
    """The process, started when it is first needed; serves one caller at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def decode(self, data: bytes) -> tuple[Image.Image, dict[str, Any]]:
        """See decoding.decoded.

        Raises:
            Refused: what `decoded` refuses, and a file that takes too long or ends the helper.
        """
        with self._lock:
            process = self._running()
            # Both are there, since they were asked for.
            assert process.stdin is not None
            assert process.stdout is not None
            until = monotonic() + PATIENCE_S
            try:
                _hand_over(process.stdin, data, until)
                answer = json.loads(_take(process.stdout, until))
                pixels = b"" if "refused" in answer else _take(process.stdout, until)
            except (OSError, EOFError, ValueError) as problem:
                if isinstance(problem, TimeoutError):
                    process.kill()
                self.close()
                ended = process.returncode
                late = ended in (-signal.SIGKILL, -getattr(signal, "SIGPROF", 0))
                raise Refused("too slow" if late else "unreadable") from None
        if "refused" in answer:
            raise Refused(answer["refused"], **answer["values"])
        return Image.frombytes("RGB", tuple(answer.pop("kept")), pixels), answer

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __package__],
            bufsize=0,  # what is waited for must not lie in a buffer already
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        # The write ends where the pipe is full, so that it can be waited for like an answer.
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        if sys.platform == "linux":
            import fcntl

            # Else a picture comes in some ten pieces, and each waits for a turn on a busy machine.
            with suppress(OSError):
                fcntl.fcntl(self._process.stdout, fcntl.F_SETPIPE_SZ, _ROOM)
        return self._process


def _hand_over(pipe: IO[bytes], data: bytes, until: float) -> None:
    """What `_receive` reads at the other end.

    Raises:
        TimeoutError: it is not taken by then, on the clock of time.monotonic.
    """
    for part in (_LENGTH.pack(len(data)), data):
        left = memoryview(part)
        while left:
            _wait(pipe, select.POLLOUT, until)
            left = left[pipe.write(left) or 0 :]


def _take(pipe: IO[bytes], until: float) -> bytearray:
    """What `_send` writes at the other end.

    Raises:
        EOFError: the process is gone.
        TimeoutError: it is not here by then, on the clock of time.monotonic.
    """
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size, until))
    return _exactly(pipe, length, until)


def _exactly(pipe: IO[bytes], length: int, until: float) -> bytearray:
    data = bytearray(length)
    left = memoryview(data)
    while left:
        _wait(pipe, select.POLLIN, until)
        read = os.readv(pipe.fileno(), [left])
        if not read:
            raise EOFError
        left = left[read:]
    return data


def _wait(pipe: IO[bytes], event: int, until: float) -> None:
    """Until the pipe can be used. A thread that ends the process in time would be started for
    every picture: on a busy machine, that alone takes milliseconds."""
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(0.0, 1000 * (until - monotonic()))):
        raise TimeoutError


def _send(pipe: IO[bytes], *messages: bytes) -> None:
    """At one stroke, so that whoever waits for them wakes once."""
    parts = [part for one in messages for part in (_LENGTH.pack(len(one)), one)]
    pipe.write(b"".join(parts))
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """In the helper: decode what comes until the app is gone."""
    _limit_memory()
    while True:
        try:
            data = _receive(source)
        except EOFError:
            return
        _limit_work(WORK_S)
        try:
            image, found = decoded(data)
        except Refused as refused:
            _limit_work(0)
            answer = {"refused": refused.title, "values": refused.values}
            _send(sink, json.dumps(answer).encode())
            continue
        _limit_work(0)
        _send(sink, json.dumps({**found, "kept": image.size}).encode(), image.tobytes())


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        # Not every system lets a process limit itself.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _limit_work(seconds: float) -> None:
    """The system ends this process after so much work of its own; 0 lifts the limit."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


_helper = Helper()
atexit.register(_helper.close)
decode = _helper.decode
