"""The lock against real processes."""

import os
import signal
import subprocess
import sys
import time

import pytest

from monai_adele.errors import StoreError
from monai_adele.store import LabelStore

HOLD = """
import os, sys, time
from pathlib import Path
from monai_adele.store.store_lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
if len(sys.argv) > 2 and os.fork() == 0:
    os.setpgrp()
    time.sleep(20)
    os._exit(0)
print("held", flush=True)
time.sleep(60)
"""
posix = pytest.mark.skipif(os.name != "posix", reason="there are no such locks")


def hold(folder, *options):
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", HOLD, str(folder), *options], stdout=-1)
    assert process.stdout.readline() == b"held\n"
    return process


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@posix
def test_a_store_that_another_process_holds_is_refused_until_that_is_killed(tmp_path):
    store = LabelStore(tmp_path)
    process = hold(tmp_path, "with a child that outlives it")
    with pytest.raises(StoreError, match="another process trains with this store"):
        store.lock()
    kill(process)
    started = time.monotonic()
    with store.lock() as lock:
        assert lock.held
    assert time.monotonic() - started < 5


def test_a_lock_can_be_taken_again_once_released_and_readers_need_none(tmp_path):
    store = LabelStore(tmp_path)
    with store.lock():
        assert LabelStore(tmp_path).version == 0
    store.lock().release()
    assert LabelStore(tmp_path).version == 0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_store_that_may_only_be_read_can_still_be_locked_in_name(tmp_path):
    store = LabelStore(tmp_path)
    tmp_path.chmod(0o555)
    lock = store.lock()
    tmp_path.chmod(0o755)
    assert not lock.held
