"""What a process takes."""

import mmap
import os
import subprocess
import sys
import threading
import time

from bench.processes import busy, family, resident


def test_its_time_has_that_of_threads_that_are_over() -> None:
    def work() -> None:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass

    before = busy(os.getpid())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert busy(os.getpid()) - before >= 0.05


def test_its_memory_is_what_it_holds() -> None:
    before = resident(os.getpid())
    with mmap.mmap(-1, 50_000_000) as held:  # a bytearray may be of memory that was let go of, and is resident already
        held.write(b"x" * len(held))
        assert resident(os.getpid()) - before > 40


def test_its_family_are_all_that_came_of_it() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        parent.stdout.readline()
        members = family(parent.pid)
        parent.stdin.write(b"\n")
    assert len(members) == 2
    assert members[0] == parent.pid
