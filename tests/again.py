"""The tests, with a second look: the few that failed are played once more, by themselves.

    python -m tests.again -n 2 --dist loadfile        all that is given goes to pytest

Many of the tests play with real switches, phones and browsers on a machine that has other work, and what those do is
not all ours. A test that fails and then passes does not fail the run, but it is named as shaky at the end: it is a
defect, of the test or of the product, to be mended. A failure that was found by chance (hypothesis) is kept, so that
the second look finds it again. More than a few failures are no accident, and nothing is played again.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ["FEW", "main"]

FEW: Final = 5
"""So many may be looked at again."""
FAILED: Final = 1
"""What pytest ends with when tests failed, or when too little was covered."""
LAST_FAILED: Final = Path(".pytest_cache/v/cache/lastfailed")


def main(arguments: list[str]) -> int:
    """Pytest's exit code, of the second look if there was one."""
    code = _pytest(*arguments, "--cache-clear")
    shaky = _failed()
    if code != FAILED or not 0 < len(shaky) <= FEW:
        return code
    print(f"\nOnce more, by themselves: {', '.join(shaky)}", flush=True)
    # What was covered the first time counts, too.
    appended = ["--cov-append"] if "--cov" in arguments else []
    code = _pytest(*arguments, *appended, "-n", "0", "--last-failed", "--last-failed-no-failures", "none")
    if code == 0:
        print("\nShaky, failed and then passed, to be mended:", *shaky, sep="\n  ", flush=True)
    return code


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def _failed() -> list[str]:
    """What failed in the last run, by pytest's own note."""
    if not LAST_FAILED.exists():
        return []
    return sorted(json.loads(LAST_FAILED.read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
