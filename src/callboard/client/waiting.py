"""How long both clients wait for an outcome, and what they ask of the audit."""

from collections.abc import Mapping
from datetime import datetime

__all__ = ["PATIENCE", "POLL", "Moment", "audited"]

POLL = 0.2
"""Seconds between two looks at what has no outcome yet."""
PATIENCE = 60.0
"""Seconds to wait for an outcome; the server itself gives up on proof before that."""

Moment = datetime | None


def audited(
    login: str | None, action: str | None, outcome: str | None, since: Moment, before: Moment
) -> Mapping[str, object]:
    """Which entries."""
    return {"login": login, "action": action, "outcome": outcome, "since": since, "before": before}
