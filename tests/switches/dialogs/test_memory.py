"""What is kept of a proxy's dialogs."""

import gc

from callboard.switches.dialogs.dialog import Dialog
from callboard.switches.dialogs.memory import Memory


def test_dialogs_are_no_work_for_the_collector_of_garbage() -> None:
    memory = Memory("proxy", trust_from=True)
    memory.seen(Dialog(native="1:2", state=3, call_id="a"), 1.0)
    (known,) = memory._dialogs.values()
    assert not any(map(gc.is_tracked, (known, known.caller, known.callee, memory._dialogs)))
