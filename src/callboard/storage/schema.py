"""The tables. The columns of a noun's table are the fields of its value, under the same names.

A change here goes with a new file in `migrations/versions`, which brings older databases to the same tables.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)

__all__ = [
    "HEAD",
    "VERSION_TABLE",
    "accounts",
    "audit",
    "batches",
    "commands",
    "connections",
    "counters",
    "customers",
    "deliveries",
    "destinations",
    "devices",
    "dids",
    "ended_calls",
    "logins",
    "machines",
    "metadata",
    "replies",
    "secrets",
    "tokens",
    "vendors",
    "webhooks",
]

HEAD = "0005"
"""The revision of the schema below: that of the last file in `migrations/versions`. Revisions sort as text."""

VERSION_TABLE = "callboard_schema"
"""Holds the revision of a database. A database with tables but without this one belongs to another program."""

metadata = MetaData()


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, String, nullable=False)


def _list(name: str) -> Column[object]:
    return Column(name, JSON, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _time(name: str, *, nullable: bool = True) -> Column[float]:
    return Column(name, Float, nullable=nullable)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    # Checked at commit, so that the order within one change does not matter.
    key = ForeignKey(f"{target}.id", deferrable=True, initially="DEFERRED")
    return Column(name, Integer, key, nullable=nullable)


def _past(name: str) -> Column[int]:
    # The journal outlives the directory: its ids refer to what was, so they are not checked.
    return Column(name, Integer, nullable=True)


# --- the directory ---

customers = Table(
    "customers", metadata, _id(), _text("name"), _ref("parent", "customers", nullable=True), _text("shared_key")
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    _ref("customer", "customers"),
    _text("sip_user"),
    _text("ha1_md5"),
    _text("ha1_sha256"),
    _text("name"),
    _text("caller_id"),
    _list("addresses"),
    _flag("blocked"),
)

devices = Table(
    "devices",
    metadata,
    _id(),
    _ref("account", "accounts"),
    _text("name"),
    _text("kind"),
    _text("extension"),
    _text("ani"),
    _flag("trunk"),
)

vendors = Table("vendors", metadata, _id(), _text("name"))

connections = Table(
    "connections",
    metadata,
    _id(),
    _ref("vendor", "vendors"),
    _text("name"),
    _text("address"),
    _list("prefixes"),
    Column("preference", Integer, nullable=False),
    _list("incoming"),
    _flag("blocked"),
)

dids = Table(
    "dids", metadata, _id(), _text("number"), _ref("account", "accounts"), _ref("vendor", "vendors", nullable=True)
)

machines = Table("machines", metadata, _id(), _text("name"), _text("switch"))

destinations = Table(
    "destinations",
    metadata,
    Column("prefix", String, primary_key=True),
    _text("name"),
    _text("country"),
    _text("group"),
)

# --- access ---

logins = Table(
    "logins",
    metadata,
    Column("name", String, primary_key=True),
    _text("role"),
    Column("customer", Integer, nullable=False),
    _text("password_hash"),
    _text("ha1_md5"),
    _text("ha1_sha256"),
    _flag("signing"),
    _list("privileges"),
    _list("addresses"),
    _flag("disabled"),
    _list("masks"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String, primary_key=True),
    _text("login"),
    _text("name"),
    _text("digest"),
    _list("rights"),
    _time("created_at", nullable=False),
    _time("expires_at"),
    _time("last_used_at"),
)

# --- webhooks ---

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String, primary_key=True),
    _text("name"),
    _text("login"),
    _text("address"),
    _text("token"),
    _text("url"),
    _text("format"),
    _list("events"),
    _list("filter"),
    _list("calls"),
    _list("limits"),
    _flag("active"),
    _text("why_off"),
    _list("secrets"),
    _time("created_at", nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("webhook"),
    _text("message"),
    _text("event"),
    _text("about"),
    _time("at", nullable=False),
    _text("body"),
    _text("content_type"),
    _text("sight"),
    _list("parties"),
    _time("next_at", nullable=False),
    _text("state"),
    Column("attempts", Integer, nullable=False),
    _time("tried_at"),
    Column("status", Integer, nullable=True),
    _text("words"),
    _time("took"),
    Index("deliveries_by_webhook", "webhook", "number"),
    Index("deliveries_by_state", "webhook", "state", "number"),
)

# --- the installation ---

counters = Table(
    "counters", metadata, Column("name", String, primary_key=True), Column("next", Integer, nullable=False)
)

secrets = Table(
    "secrets", metadata, Column("name", String, primary_key=True), Column("value", LargeBinary, nullable=False)
)

# --- the API ---

replies = Table(
    "replies",
    metadata,
    Column("login", String, primary_key=True),
    Column("customer", Integer, primary_key=True, autoincrement=False),
    Column("key", String, primary_key=True),
    Column("sent", LargeBinary, nullable=False),
    _time("at", nullable=False),
    Column("status", Integer, nullable=True),
    Column("content_type", String, nullable=True),
    Column("headers", JSON, nullable=True),
    Column("body", LargeBinary, nullable=True),
    Index("replies_by_time", "at"),
)

# --- the journal ---

ended_calls = Table(
    "ended_calls",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("switch"),
    _text("switch_call"),
    _text("direction"),
    _text("caller"),
    _text("caller_name"),
    _text("dialed"),
    _text("callee"),
    _text("sip_call_id"),
    _text("caller_media"),
    _text("callee_media"),
    _past("customer"),
    _past("account"),
    _past("device"),
    _past("callee_customer"),
    _past("callee_account"),
    _past("callee_device"),
    _past("vendor"),
    _past("connection"),
    _past("did"),
    _past("machine"),
    _text("prefix"),
    _text("destination"),
    _text("country"),
    _time("started_at", nullable=False),
    _time("progressed_at"),
    _time("answered_at"),
    _time("ended_at", nullable=False),
    _time("duration", nullable=False),
    _text("cause"),
    Column("sip_code", Integer, nullable=False),
    _text("cause_text"),
    _time("suspect_since"),
    Index("ended_calls_by_time", "ended_at", "number"),
    Index("ended_calls_by_customer", "customer", "ended_at", "number"),
    Index("ended_calls_by_callee_customer", "callee_customer", "ended_at", "number"),
)

commands = Table(
    "commands",
    metadata,
    Column("id", String, primary_key=True),
    _time("at", nullable=False),
    _text("login"),
    Column("customer", Integer),
    _text("address"),
    _text("token"),
    _text("operation"),
    _text("batch"),
    Column("call_number", Integer, nullable=False),
    _text("switch"),
    _text("outcome"),
    _time("outcome_at"),
    _text("words"),
    Index("commands_by_time", "at", "id"),
    Index("commands_by_login", "login", "at", "id"),
    Index("commands_by_customer", "customer", "at", "id"),
    Index("commands_by_batch", "batch", sqlite_where=text("batch <> ''")),
)

batches = Table(
    "batches",
    metadata,
    Column("id", String, primary_key=True),
    _time("at", nullable=False),
    _text("login"),
    Column("customer", Integer, nullable=False),
    _time("rate", nullable=False),
    Column("count", Integer, nullable=False),
    Column("left", Integer, nullable=False),
    _text("state"),
    _text("words"),
    Index("batches_by_time", "at", "id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String, primary_key=True),
    _time("at", nullable=False),
    _text("login"),
    Column("customer", Integer),
    _text("address"),
    _text("token"),
    _text("action"),
    _text("subject"),
    _text("outcome"),
    _text("words"),
    Index("audit_by_time", "at", "id"),
    Index("audit_by_login", "login", "at", "id"),
    Index("audit_by_customer", "customer", "at", "id"),
)
