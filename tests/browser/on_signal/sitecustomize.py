"""Started by every server under test: SIGUSR1 prints where each thread is, into the server's log.

A page that hangs leaves no traceback; this shows which lock or socket it waits for.
"""

import faulthandler
import signal

faulthandler.register(signal.SIGUSR1, all_threads=True)
