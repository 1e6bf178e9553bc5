"""Started by every server under test: SIGUSR1 prints where each thread is, into the server's log.

A page that hangs leaves no traceback; this shows which lock or socket it waits for. And with
`LATE_SERVER=seed` in its environment a server is late at random, which finds what a test or a page
takes for granted about who comes first: see `late_server.py`.
"""

import faulthandler
import os
import signal

faulthandler.register(signal.SIGUSR1, all_threads=True)

if os.environ.get("LATE_SERVER"):
    import late_server

    late_server.begin(os.environ["LATE_SERVER"])
