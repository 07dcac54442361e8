"""What a restart must not forget: replies to requests with a key, batches, and of which batch a command is."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEPT = "id, at, login, customer, address, token, operation, call_number, switch, outcome, outcome_at, words"
_INDEXES = {"time": ["at", "id"], "login": ["login", "at", "id"], "customer": ["customer", "at", "id"]}


def upgrade() -> None:
    """Make the new tables, and that of commands anew with one column more."""
    _replies()
    _batches()
    for name in _INDEXES:
        op.drop_index(f"commands_by_{name}", "commands")
    op.rename_table("commands", "commands_before")
    _commands()
    op.execute(f"INSERT INTO commands ({_KEPT}, batch) SELECT {_KEPT}, '' FROM commands_before")  # noqa: S608
    op.drop_table("commands_before")
    for name, columns in _INDEXES.items():
        op.create_index(f"commands_by_{name}", "commands", columns)
    op.create_index("commands_by_batch", "commands", ["batch"], sqlite_where=sa.text("batch <> ''"))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Float, nullable=nullable)


def _replies() -> None:
    op.create_table(
        "replies",
        sa.Column("login", sa.String, primary_key=True),
        sa.Column("customer", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("sent", sa.LargeBinary, nullable=False),
        _time("at", nullable=False),
        sa.Column("status", sa.Integer, nullable=True),
        sa.Column("content_type", sa.String, nullable=True),
        sa.Column("headers", sa.JSON, nullable=True),
        sa.Column("body", sa.LargeBinary, nullable=True),
    )
    op.create_index("replies_by_time", "replies", ["at"])


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.String, primary_key=True),
        _time("at", nullable=False),
        *_texts("login"),
        *_numbers("customer"),
        _time("rate", nullable=False),
        *_numbers("count", "left"),
        *_texts("state", "words"),
    )
    op.create_index("batches_by_time", "batches", ["at", "id"])


def _commands() -> None:
    op.create_table(
        "commands",
        sa.Column("id", sa.String, primary_key=True),
        _time("at", nullable=False),
        *_texts("login"),
        sa.Column("customer", sa.Integer, nullable=True),
        *_texts("address", "token", "operation", "batch"),
        *_numbers("call_number"),
        *_texts("switch", "outcome"),
        _time("outcome_at"),
        *_texts("words"),
    )
