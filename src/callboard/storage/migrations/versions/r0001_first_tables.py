"""The directory, the logins, the installation's counters and secrets, the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    _directory()
    _access()
    _installation()
    _journal()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [_text(name) for name in names]


def _ids(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=True) for name in names]


def _id(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def _ref(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", deferrable=True, initially="DEFERRED")
    return sa.Column(name, sa.Integer, key, nullable=nullable)


def _list(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _time(name: str, *, nullable: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Float, nullable=nullable)


def _directory() -> None:
    op.create_table("customers", _id(), _text("name"), _ref("parent", "customers", nullable=True), _text("shared_key"))
    op.create_table(
        "accounts",
        _id(),
        _ref("customer", "customers"),
        *_texts("sip_user", "ha1_md5", "ha1_sha256", "name", "caller_id"),
        _list("addresses"),
        _flag("blocked"),
    )
    op.create_table(
        "devices",
        _id(),
        _ref("account", "accounts"),
        *_texts("name", "kind", "extension", "ani"),
        _flag("trunk"),
    )
    op.create_table("vendors", _id(), _text("name"))
    op.create_table(
        "connections",
        _id(),
        _ref("vendor", "vendors"),
        *_texts("name", "address"),
        _list("prefixes"),
        sa.Column("preference", sa.Integer, nullable=False),
        _list("incoming"),
        _flag("blocked"),
    )
    op.create_table(
        "dids", _id(), _text("number"), _ref("account", "accounts"), _ref("vendor", "vendors", nullable=True)
    )
    op.create_table("machines", _id(), *_texts("name", "switch"))
    op.create_table(
        "destinations", sa.Column("prefix", sa.String, primary_key=True), *_texts("name", "country", "group")
    )


def _access() -> None:
    op.create_table(
        "logins",
        sa.Column("name", sa.String, primary_key=True),
        _text("role"),
        sa.Column("customer", sa.Integer, nullable=False),
        *_texts("password_hash", "ha1_md5", "ha1_sha256"),
        _flag("signing"),
        _list("privileges"),
        _list("addresses"),
        _flag("disabled"),
    )


def _installation() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("next", sa.Integer, nullable=False),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )


def _journal() -> None:
    op.create_table(
        "ended_calls",
        _id("number"),
        *_texts("switch", "switch_call", "direction", "caller", "caller_name", "dialed", "callee", "sip_call_id"),
        *_texts("caller_media", "callee_media"),
        *_ids("customer", "account", "device", "callee_customer", "callee_account", "callee_device"),
        *_ids("vendor", "connection", "did", "machine"),
        *_texts("prefix", "destination", "country"),
        _time("started_at", nullable=False),
        _time("progressed_at"),
        _time("answered_at"),
        _time("ended_at", nullable=False),
        _time("duration", nullable=False),
        _text("cause"),
        sa.Column("sip_code", sa.Integer, nullable=False),
        _text("cause_text"),
        _time("suspect_since"),
    )
    op.create_index("ended_calls_by_time", "ended_calls", ["ended_at", "number"])
    op.create_index("ended_calls_by_customer", "ended_calls", ["customer", "ended_at", "number"])
    op.create_table(
        "commands",
        sa.Column("id", sa.String, primary_key=True),
        _time("at", nullable=False),
        *_texts("login", "address", "operation"),
        sa.Column("call_number", sa.Integer, nullable=False),
        *_texts("switch", "outcome"),
        _time("outcome_at"),
        _text("words"),
    )
    op.create_index("commands_by_time", "commands", ["at", "id"])
    op.create_index("commands_by_login", "commands", ["login", "at", "id"])
