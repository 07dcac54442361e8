"""At which customer whoever did something stood then; the token with which a command was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COMMANDS = "id, at, login, address, operation, call_number, switch, outcome, outcome_at, words"
_AUDIT = "id, at, login, address, token, action, subject, outcome, words"


def upgrade() -> None:
    """Make both tables anew. What was done before is said to be of where its login stands now, if it is there still."""
    for table in ("commands", "audit"):
        op.drop_index(f"{table}_by_time", table)
        op.drop_index(f"{table}_by_login", table)
        op.rename_table(table, f"{table}_before")
    _commands()
    _audit()
    _copy("commands", _COMMANDS, "token", "''")
    _copy("audit", _AUDIT)
    for table in ("commands", "audit"):
        op.drop_table(f"{table}_before")
        op.create_index(f"{table}_by_time", table, ["at", "id"])
        op.create_index(f"{table}_by_login", table, ["login", "at", "id"])
        op.create_index(f"{table}_by_customer", table, ["customer", "at", "id"])


def _copy(table: str, kept: str, column: str = "", value: str = "") -> None:
    into = ", ".join(part for part in (kept, column, "customer") if part)
    of = ", ".join(part for part in (kept, value) if part)
    customer = f"(SELECT customer FROM logins WHERE name = {table}_before.login)"  # noqa: S608
    op.execute(f"INSERT INTO {table} ({into}) SELECT {of}, {customer} FROM {table}_before")  # noqa: S608


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Float, nullable=nullable)


def _commands() -> None:
    op.create_table(
        "commands",
        sa.Column("id", sa.String, primary_key=True),
        _time("at", nullable=False),
        *_texts("login"),
        sa.Column("customer", sa.Integer, nullable=True),
        *_texts("address", "token", "operation"),
        sa.Column("call_number", sa.Integer, nullable=False),
        *_texts("switch", "outcome"),
        _time("outcome_at"),
        *_texts("words"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String, primary_key=True),
        _time("at", nullable=False),
        *_texts("login"),
        sa.Column("customer", sa.Integer, nullable=True),
        *_texts("address", "token", "action", "subject", "outcome", "words"),
    )
