"""A typed client of a Callboard server, sync and async: all that its API has, and nothing of the server itself."""

from callboard.client.answers import (
    Batch,
    BatchTaken,
    Call,
    CallDetail,
    Cause,
    Command,
    Leg,
    Look,
    Taken,
)
from callboard.client.async_client import AsyncClient
from callboard.client.client import Client
from callboard.client.exchange import Patience
from callboard.client.live import AsyncLiveCalls, LiveCalls
from callboard.client.messages import Change
from callboard.client.mirror import News
from callboard.client.problems import (
    ClientError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotUnderstood,
    Problem,
    ServerFailed,
    SignInRefused,
    Throttled,
    TimedOut,
    Unavailable,
    Unreachable,
    Untrusted,
)
from callboard.client.records import DID, Account, Connection, Customer, Device, Login, Machine, Vendor
from callboard.client.reports import (
    Deed,
    Identity,
    Imported,
    NewToken,
    Series,
    Stats,
    Switch,
    Token,
)
from callboard.client.webhooks import Delivery, NewWebhook, Webhook

__all__ = [
    "DID",
    "Account",
    "AsyncClient",
    "AsyncLiveCalls",
    "Batch",
    "BatchTaken",
    "Call",
    "CallDetail",
    "Cause",
    "Change",
    "Client",
    "ClientError",
    "Command",
    "Conflict",
    "Connection",
    "Customer",
    "Deed",
    "Delivery",
    "Device",
    "Forbidden",
    "Identity",
    "Imported",
    "Invalid",
    "Leg",
    "LiveCalls",
    "Login",
    "Look",
    "Machine",
    "NewToken",
    "NewWebhook",
    "News",
    "NotFound",
    "NotUnderstood",
    "Patience",
    "Problem",
    "Series",
    "ServerFailed",
    "SignInRefused",
    "Stats",
    "Switch",
    "Taken",
    "Throttled",
    "TimedOut",
    "Token",
    "Unavailable",
    "Unreachable",
    "Untrusted",
    "Vendor",
    "Webhook",
]
