"""A server that is late at random: in hearing a click, beginning a run, and saying what it drew.

What a run says comes in pieces, with pauses between, so that a browser shows each state that it
could show on a slow machine. Nothing is lost and nothing changes its order.
"""

import asyncio
import importlib.machinery
import random
import sys
import time

LONGEST_S = 0.3
"""Of one pause; most are shorter, and every second thing does not wait at all."""


def begin(seed: str) -> None:
    """Be late from now on; `seed` decides where, as far as threads and clients do not."""
    chance = random.Random(seed)

    def pause() -> float:
        return max(0.0, chance.uniform(-LONGEST_S, LONGEST_S))

    def late_runs(module) -> None:
        """Of streamlit.runtime.scriptrunner.script_runner."""
        run = module.ScriptRunner._run_script

        def late(self, *args, **kwargs):
            time.sleep(pause())
            return run(self, *args, **kwargs)

        module.ScriptRunner._run_script = late

    def late_messages(module) -> None:
        """Of explorer.ui.server.batches."""
        app = module.Batches.__call__

        async def call(self, scope, receive, send) -> None:
            async def heard():
                message = await receive()
                await asyncio.sleep(pause())
                return message

            async def say(message) -> None:
                if chance.random() < 0.05:  # a page is some hundred messages
                    await asyncio.sleep(pause())
                await send(message)

            if scope["type"] == "websocket":
                await app(self, scope, heard, say)
                return
            if scope["type"] == "http":
                await asyncio.sleep(pause() / 3)
            await app(self, scope, receive, send)

        module.Batches.__call__ = call

    after = {
        "streamlit.runtime.scriptrunner.script_runner": late_runs,
        "explorer.ui.server.batches": late_messages,
    }

    class Finder:
        """Changes these modules as soon as they are imported, by whom and when ever."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name not in after:
                return None
            found = importlib.machinery.PathFinder.find_spec(name, path, target)
            load = found.loader.exec_module

            def exec_module(module) -> None:
                load(module)
                after[name](module)
                # Not by others that begin with this, such as what decodes pictures and answers
                # on its standard output.
                print(f"{name} is late: LATE_SERVER={seed}", file=sys.stderr, flush=True)

            found.loader.exec_module = exec_module
            return found

    sys.meta_path.insert(0, Finder)
