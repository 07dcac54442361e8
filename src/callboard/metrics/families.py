"""Every figure there is: its name, kind, labels and meaning. They are an interface: none changes its meaning."""

from enum import StrEnum

import msgspec

from callboard.metrics.distribution import Distribution

__all__ = ["GROUPS", "Family", "Kind", "Reading"]


class Kind(StrEnum):
    """How a figure moves, in Prometheus's words."""

    GAUGE = "gauge"
    COUNTER = "counter"
    """Grows only, from 0 at the start of the process."""
    HISTOGRAM = "histogram"


class Family(msgspec.Struct, frozen=True):
    """One figure, with a value for each combination of its labels."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    words: str


class Reading(msgspec.Struct, frozen=True):
    """A figure's value at a moment."""

    family: Family
    labels: tuple[str, ...]
    """As many as the family names."""
    value: float | Distribution


def _gauge(name: str, words: str, *labels: str) -> Family:
    return Family(f"callboard_{name}", Kind.GAUGE, labels, words)


def _counter(name: str, words: str, *labels: str) -> Family:
    return Family(f"callboard_{name}_total", Kind.COUNTER, labels, words)


def _histogram(name: str, words: str, *labels: str) -> Family:
    return Family(f"callboard_{name}", Kind.HISTOGRAM, labels, words)


# --- calls that are up -----------------------------------------------------------------------------------------------

CALLS = _gauge("calls", "Calls that are up, by the state that they are in.", "switch", "state")
DIRECTIONS = _gauge("calls_by_direction", "The same calls, by where they come from and go to.", "switch", "direction")
SUSPECTS = _gauge("suspect_calls", "Calls that nothing vouches for at present.", "switch")
LONG_CALLS = _gauge("long_calls", "Calls that were set up longer ago than that.", "switch", "longer_than")
CUSTOMER_CALLS = _gauge(
    "customer_calls",
    "Calls by the nearest customer, at their owner or above, that is counted by itself. `other` are those of the "
    "customers beyond `metrics.most`, `nobody` those without a known owner.",
    "customer",
    "name",
)
CUSTOMER_CONNECTED = _gauge("customer_connected_calls", "Those of them that are connected.", "customer", "name")
VENDOR_CALLS = _gauge("vendor_calls", "Calls to or from a vendor.", "vendor", "name")
VENDOR_CONNECTED = _gauge("vendor_connected_calls", "Those of them that are connected.", "vendor", "name")

# --- calls that went by ----------------------------------------------------------------------------------------------

STARTED = _counter("calls_started", "Calls that appeared.", "switch")
ANSWERED = _counter("calls_answered", "Calls that were answered, counted when they were.", "switch")
ENDED = _counter(
    "calls_ended",
    "Calls that ended, by direction and reason (`calls` of the history).",
    "switch",
    "direction",
    "reason",
)
SEIZURES = _counter("seizures", "Calls that ended and for which another party had been called.", "switch")
SEIZURES_ANSWERED = _counter(
    "seizures_answered",
    "Those of them that had been answered. Divided by the seizures it is the answer-seizure ratio (ITU-T E.411).",
    "switch",
)
VENDOR_SEIZURES = _counter("vendor_seizures", "Seizures of calls to or from a vendor.", "vendor", "name")
VENDOR_ANSWERED = _counter("vendor_seizures_answered", "Those of them that had been answered.", "vendor", "name")
SETUP_DELAY = _histogram(
    "setup_delay_seconds", "Seconds from set-up to the first sign of the far end, of calls that ended.", "switch"
)
TALK = _histogram("talk_seconds", "Seconds connected, of calls that ended after an answer.", "switch")

# --- switches --------------------------------------------------------------------------------------------------------

SWITCH_INFO = _gauge("switch_info", "1 for each switch of the settings.", "switch", "kind", "version")
SWITCH_LINK = _gauge(
    "switch_link", "1 for the state that the link is in: `up`, `resyncing` or `lost`; else 0.", "switch", "state"
)
SWITCH_SINCE = _gauge("switch_link_since_timestamp_seconds", "Since when, Unix seconds.", "switch")
SWITCH_EVENT = _gauge("switch_last_event_timestamp_seconds", "When it last told anything, Unix seconds.", "switch")
SWITCH_LIST = _gauge(
    "switch_last_list_timestamp_seconds",
    "Of what moment its last complete list was, Unix seconds; missing until there is one.",
    "switch",
)
SWITCH_OFFSET = _gauge("switch_clock_offset_seconds", "By how much its clock is ahead of ours.", "switch")
SWITCH_LIST_TOOK = _gauge("switch_list_duration_seconds", "How long the last full list took.", "switch")
SWITCH_LISTS = _counter("switch_lists", "Full lists that were taken, incomplete ones included.", "switch")
SWITCH_INCOMPLETE = _counter("switch_lists_incomplete", "Lists that were not complete, and so ended nothing.", "switch")
SWITCH_LINKS = _counter("switch_links", "How often a link to it was opened.", "switch")
SWITCH_FAILURES = _gauge("switch_link_failures", "Tries in a row, up to now, that came to no steady link.", "switch")
SWITCH_LATE = _counter("switch_late_events", "Events dropped because their link had been given up.", "switch")

# --- events and commands ---------------------------------------------------------------------------------------------

EVENTS = _counter("events", "What the switches told, by the sort of event.", "type")
IGNORED = _counter("events_ignored", "Events that did not fit: late, doubled or about no known call.", "type")
CHANGES = _counter("changes", "Changes of the table that came of the events.")
COMMANDS = _counter("commands", "Commands that were asked for.", "operation")
OUTCOMES = _counter(
    "command_outcomes", "What came of them: `done`, `already_gone`, `refused` or `unknown`.", "operation", "outcome"
)

# --- clients ---------------------------------------------------------------------------------------------------------

SIGN_INS_FAILED = _counter("sign_ins_failed", "Sign-ins with credentials that did not fit.")
SIGN_INS_THROTTLED = _counter("sign_ins_throttled", "Sign-ins not looked at, for too many had failed before them.")
REQUESTS = _counter(
    "http_requests", "Requests by the front end and the class of the answer's status.", "front", "status"
)
REQUEST_SECONDS = _histogram("http_request_seconds", "Seconds until the answer began.", "front")
STREAM_CLIENTS = _gauge("stream_clients", "Clients that follow a stream.")
STREAM_SNAPSHOTS = _counter("stream_snapshots", "Snapshots that streams were sent, by the reason.", "why")
STREAM_KEPT = _gauge(
    "stream_kept_bytes", "What is kept of rows that were written for one stream and serve others too; 64 MB at most."
)

# --- the server ------------------------------------------------------------------------------------------------------

QUEUE = _gauge("queue_entries", "Entries that wait to be written or delivered.", "queue")
QUEUE_DROPPED = _counter("queue_dropped", "Entries that were lost.", "queue")
QUEUE_FAILING = _gauge("queue_failing", "1 while the queue's way out fails, else 0.", "queue")
LOOP_LAG = _histogram("loop_lag_seconds", "How late the event loop came to what was due; looked at twice a second.")
BUILD = _gauge("build_info", "1, with the versions that run.", "version", "python")

GROUPS: dict[str, tuple[Family, ...]] = {
    "Calls that are up": (
        CALLS,
        DIRECTIONS,
        SUSPECTS,
        LONG_CALLS,
        CUSTOMER_CALLS,
        CUSTOMER_CONNECTED,
        VENDOR_CALLS,
        VENDOR_CONNECTED,
    ),
    "Calls that went by": (
        STARTED,
        ANSWERED,
        ENDED,
        SEIZURES,
        SEIZURES_ANSWERED,
        VENDOR_SEIZURES,
        VENDOR_ANSWERED,
        SETUP_DELAY,
        TALK,
    ),
    "Switches": (
        SWITCH_INFO,
        SWITCH_LINK,
        SWITCH_SINCE,
        SWITCH_EVENT,
        SWITCH_LIST,
        SWITCH_OFFSET,
        SWITCH_LIST_TOOK,
        SWITCH_LISTS,
        SWITCH_INCOMPLETE,
        SWITCH_LINKS,
        SWITCH_FAILURES,
        SWITCH_LATE,
    ),
    "Events and commands": (EVENTS, IGNORED, CHANGES, COMMANDS, OUTCOMES),
    "Clients": (
        SIGN_INS_FAILED,
        SIGN_INS_THROTTLED,
        REQUESTS,
        REQUEST_SECONDS,
        STREAM_CLIENTS,
        STREAM_SNAPSHOTS,
        STREAM_KEPT,
    ),
    "The server": (QUEUE, QUEUE_DROPPED, QUEUE_FAILING, LOOP_LAG, BUILD),
}
"""By what they are about, in the order of the reference."""
