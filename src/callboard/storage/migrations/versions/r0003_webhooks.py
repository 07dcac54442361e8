"""Webhooks, and what they are to tell."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables."""
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String, primary_key=True),
        *_texts("name", "login", "address", "token", "url", "format"),
        *_lists("events", "filter", "calls", "limits"),
        sa.Column("active", sa.Boolean, nullable=False),
        *_texts("why_off"),
        *_lists("secrets"),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("webhook", "message", "event", "about"),
        sa.Column("at", sa.Float, nullable=False),
        *_texts("body", "content_type", "sight"),
        *_lists("parties"),
        sa.Column("next_at", sa.Float, nullable=False),
        *_texts("state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tried_at", sa.Float, nullable=True),
        sa.Column("status", sa.Integer, nullable=True),
        *_texts("words"),
        sa.Column("took", sa.Float, nullable=True),
    )
    op.create_index("deliveries_by_webhook", "deliveries", ["webhook", "number"])
    op.create_index("deliveries_by_state", "deliveries", ["webhook", "state", "number"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _lists(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.JSON, nullable=False) for name in names]
