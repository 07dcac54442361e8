"""The catalogue: every operation there is. What is not here cannot be asked for."""

from typing import Any

from callboard.operations.audit import LIST_AUDIT
from callboard.operations.call_stats import CALL_STATS
from callboard.operations.commands import LIST_COMMANDS
from callboard.operations.count import CALL_SERIES, COUNT_CALLS
from callboard.operations.destinations import REPLACE_DESTINATIONS
from callboard.operations.directory_document import EXPORT_DIRECTORY, IMPORT_DIRECTORY
from callboard.operations.disconnect import DISCONNECT_ACCOUNT, DISCONNECT_CALL, DISCONNECT_CUSTOMER
from callboard.operations.disconnect_matching import DISCONNECT_MATCHING, LOOK_MATCHING, SHOW_BATCH, STOP_BATCH
from callboard.operations.figures import READ_METRICS
from callboard.operations.forget import FORGET_CALL
from callboard.operations.history import LIST_HISTORY
from callboard.operations.hold import HOLD_CALL, UNHOLD_CALL
from callboard.operations.list_calls import LIST_CALLS
from callboard.operations.operation import Operation
from callboard.operations.records import (
    CHANGE_RECORD,
    CREATE_RECORD,
    LIST_RECORDS,
    REMOVE_RECORD,
    SHOW_RECORD,
)
from callboard.operations.show import LIST_SWITCHES, SHOW_CALL, SHOW_COMMAND
from callboard.operations.tokens import CREATE_TOKEN, LIST_TOKENS, REMOVE_TOKEN
from callboard.operations.transfer import TRANSFER_CALL
from callboard.operations.watch import WATCH_CALLS
from callboard.operations.webhooks import (
    CHANGE_WEBHOOK,
    CREATE_WEBHOOK,
    LIST_DELIVERIES,
    LIST_WEBHOOKS,
    REMOVE_WEBHOOK,
    REPLAY_WEBHOOK,
    ROTATE_SECRET,
    SHOW_WEBHOOK,
    TEST_WEBHOOK,
)
from callboard.operations.whoami import WHOAMI

__all__ = ["CATALOGUE"]

CATALOGUE: tuple[Operation[Any, Any], ...] = (
    LIST_CALLS,
    WATCH_CALLS,
    SHOW_CALL,
    CALL_STATS,
    COUNT_CALLS,
    CALL_SERIES,
    DISCONNECT_CALL,
    DISCONNECT_ACCOUNT,
    DISCONNECT_CUSTOMER,
    TRANSFER_CALL,
    HOLD_CALL,
    UNHOLD_CALL,
    FORGET_CALL,
    LOOK_MATCHING,
    DISCONNECT_MATCHING,
    SHOW_BATCH,
    STOP_BATCH,
    SHOW_COMMAND,
    LIST_COMMANDS,
    LIST_SWITCHES,
    READ_METRICS,
    EXPORT_DIRECTORY,
    IMPORT_DIRECTORY,
    REPLACE_DESTINATIONS,
    LIST_RECORDS,
    SHOW_RECORD,
    CREATE_RECORD,
    CHANGE_RECORD,
    REMOVE_RECORD,
    LIST_HISTORY,
    LIST_AUDIT,
    LIST_TOKENS,
    CREATE_TOKEN,
    REMOVE_TOKEN,
    LIST_WEBHOOKS,
    SHOW_WEBHOOK,
    CREATE_WEBHOOK,
    CHANGE_WEBHOOK,
    REMOVE_WEBHOOK,
    ROTATE_SECRET,
    TEST_WEBHOOK,
    LIST_DELIVERIES,
    REPLAY_WEBHOOK,
    WHOAMI,
)
