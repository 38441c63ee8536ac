"""How fuzzing tries an input: within a time, and with nothing written elsewhere."""

import contextlib
import os
import signal
import threading

from hypothesis import HealthCheck, settings

INPUTS = int(os.environ.get("MONAI_ADELE_FUZZ", "100"))
SECONDS = 60

fuzzing = settings(
    max_examples=INPUTS,
    deadline=None,
    derandomize=INPUTS <= 1000,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@contextlib.contextmanager
def in_time():
    """Raise TimeoutError where the block hangs."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(*_):
        raise TimeoutError(f"not done in {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def state_of(folder):
    """Every file below a folder: its size, when it was changed, and which file it is."""
    found = {}
    for inner, _, names in os.walk(folder):
        for name in names:
            facts = os.stat(os.path.join(inner, name))
            found[os.path.relpath(os.path.join(inner, name), folder)] = (facts.st_size, facts.st_ctime_ns, facts.st_ino)
    return found


def damaged(content, edits):
    """Bytes with some set, cut out or put in; places are shares of the length."""
    content = bytearray(content)
    for kind, share, value in edits:
        place = int(share * len(content))
        if kind == "set" and content:
            content[min(place, len(content) - 1)] = value
        elif kind == "cut":
            del content[place : place + 1 + value]
        elif kind == "end":
            del content[place:]
        elif kind == "put":
            content[place:place] = bytes([value]) * (1 + value % 5)
        elif kind == "repeat":
            content[place:place] = content[place : place + 1 + value]
    return bytes(content)
