"""Tokens; what a login may not read in full; the audit of all that is no command; ended calls by who was called."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEPT = "name, role, customer, password_hash, ha1_md5, ha1_sha256, signing, privileges, addresses, disabled"


def upgrade() -> None:
    """Make the new tables, and the table of logins anew with one column more."""
    op.rename_table("logins", "logins_before")
    _logins()
    op.execute(f"INSERT INTO logins ({_KEPT}, masks) SELECT {_KEPT}, '[]' FROM logins_before")  # noqa: S608
    op.drop_table("logins_before")
    _tokens()
    _audit()
    op.create_index("ended_calls_by_callee_customer", "ended_calls", ["callee_customer", "ended_at", "number"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _list(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _time(name: str, *, nullable: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Float, nullable=nullable)


def _logins() -> None:
    op.create_table(
        "logins",
        sa.Column("name", sa.String, primary_key=True),
        *_texts("role"),
        sa.Column("customer", sa.Integer, nullable=False),
        *_texts("password_hash", "ha1_md5", "ha1_sha256"),
        _flag("signing"),
        _list("privileges"),
        _list("addresses"),
        _flag("disabled"),
        _list("masks"),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.String, primary_key=True),
        *_texts("login", "name", "digest"),
        _list("rights"),
        _time("created_at", nullable=False),
        _time("expires_at"),
        _time("last_used_at"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String, primary_key=True),
        _time("at", nullable=False),
        *_texts("login", "address", "token", "action", "subject", "outcome", "words"),
    )
    op.create_index("audit_by_time", "audit", ["at", "id"])
    op.create_index("audit_by_login", "audit", ["login", "at", "id"])
