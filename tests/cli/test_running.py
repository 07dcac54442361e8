"""A server runs until it is stopped, and cleans up."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from callboard.cli.running import run_until_stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_it_cleans_up(number: signal.Signals) -> None:
    seen: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            seen.append("cleaned up")

    run_until_stopped(work())
    assert seen == ["cleaned up"]


def test_what_goes_wrong_comes_out() -> None:
    async def work() -> None:
        raise OSError("port 5060 is taken")

    with pytest.raises(OSError, match="5060"):
        run_until_stopped(work())


def test_a_cancellation_of_its_own_making_is_not_taken_for_a_stop() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_until_stopped(work())


def test_a_second_interrupt_does_not_wait_for_the_clean_up() -> None:
    code = """
        import asyncio, os, signal
        from callboard.cli.running import run_until_stopped

        async def work():
            try:
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.Event().wait()
            finally:
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.Event().wait()

        try:
            run_until_stopped(work())
        except KeyboardInterrupt:
            print("interrupted")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "interrupted\n"
