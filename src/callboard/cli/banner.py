"""What the demo says when it is up: where it answers, who can sign in, and what to paste next."""

import hashlib
import json
import textwrap
import tomllib
from collections.abc import Sequence
from importlib.resources import files

import msgspec

from callboard.cli.output import as_table

__all__ = [
    "DemoLogin",
    "banner",
    "demo_logins",
    "enswitch_line",
    "mor_line",
    "ozeki_line",
    "python_line",
    "sippy_line",
]


class DemoLogin(msgspec.Struct, frozen=True):
    """A login of the demo. The passwords are public on purpose."""

    name: str
    role: str
    customer: int
    password: str = ""


class DemoCustomer(msgspec.Struct, frozen=True):
    """A customer of the demo."""

    id: int
    name: str
    shared_key: str = ""


class Cast(msgspec.Struct, frozen=True):
    """What of the demo's directory is shown."""

    customers: tuple[DemoCustomer, ...]
    logins: tuple[DemoLogin, ...]


_SIPPY_PATH = "/xmlapi/xmlapi"
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}

_TEXT = """\
{rule}
  CALLBOARD DEMO - NOT FOR PRODUCTION: its passwords are printed in its manual.
{rule}

  Board  {url}/board
  HTTP   {url}{also}
  SIP    {sip} (UDP)

{logins}
  Key of signed requests: {key}

List the calls (every command below can be pasted as it is):

  curl -u root:demo-root {url}/v1/calls

  {command} calls list --server {url} -u root --password demo-root

In Sippy's words, as its clients do:

  {sippy_list}

From Python, with nothing but its standard library:

  {python}

In the words of Ozeki, Enswitch and MOR, as their manuals print them:

  {ozeki}

  {enswitch}

  {mor}

End a call (put the number of a listed one in the place of 960):

  {command} calls hangup 960 --server {url} -u root --password demo-root

  {sippy_disconnect}

Call with your own SIP phone: register user 101 with password sip-101 at
{sip} (UDP), then call 812 or a number abroad such as 442079460123.
With --calls 0 no built-in phone answers for the demo's accounts, so yours can call
each other; for phones on other machines add --sip with an address of this one.

Ctrl-C ends it.
"""


def banner(http: Sequence[str], sip: str, command: str) -> str:
    """The whole text, for a demo that answers HTTP and SIP at these addresses (`host:port`).

    `command` is how this program is started.
    """
    url, *others = map(_url, http)
    return _TEXT.format(
        rule="=" * 79,
        url=url,
        also="".join(f", {other}" for other in others),
        sip=sip,
        command=command,
        logins=_logins(),
        key=_cast().customers[0].shared_key,
        sippy_list=sippy_line(url, "listAllCalls", ""),
        sippy_disconnect=sippy_line(
            url,
            "disconnectCall",
            "<param><value><struct><member><name>ID</name><value>960</value></member></struct></value></param>",
        ),
        python=python_line(url),
        ozeki=ozeki_line(url),
        enswitch=enswitch_line(url),
        mor=mor_line(url),
    )


def _url(address: str) -> str:
    """Where a client on this machine finds the address; one that stands for all of them is found on loopback."""
    host, _, port = address.rpartition(":")
    return f"http://{_LOOPBACK.get(host, host)}:{port}"


def demo_logins() -> tuple[DemoLogin, ...]:
    """Everybody who can sign in to the demo with a password."""
    return tuple(login for login in _cast().logins if login.password)


def _cast() -> Cast:
    text = files("callboard.demo").joinpath("directory.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Cast)


def _logins() -> str:
    """The table of logins, indented."""
    names = {customer.id: customer.name for customer in _cast().customers}
    rows = [(login.name, login.password, login.role, names[login.customer]) for login in demo_logins()]
    return textwrap.indent(as_table(["LOGIN", "PASSWORD", "ROLE", "CUSTOMER"], rows), "  ")


def sippy_line(url: str, method: str, parameters: str) -> str:
    """A `curl` line that calls a method of the Sippy dialect with HTTP Digest."""
    call = f"<methodCall><methodName>{method}</methodName><params>{parameters}</params></methodCall>"
    return f"curl --digest -u root:demo-root -H 'Content-Type: text/xml' --data '{call}' {url}{_SIPPY_PATH}"


def python_line(url: str) -> str:
    """A Python line that lists the calls through the Sippy dialect with HTTP Digest."""
    place = json.dumps(url + _SIPPY_PATH).replace('"', "'")
    return (
        'python3 -c "import urllib.request as u, xmlrpc.client as x; '
        f"p = u.HTTPPasswordMgrWithDefaultRealm(); p.add_password(None, {place}, 'root', 'demo-root'); "
        f"r = u.Request({place}, x.dumps((), 'listAllCalls').encode(), {{'Content-Type': 'text/xml'}}); "
        'print(x.loads(u.build_opener(u.HTTPDigestAuthHandler(p)).open(r).read())[0][0])"'
    )


def ozeki_line(url: str) -> str:
    """A `curl` line that lists the calls through the Ozeki dialect, with the manual's login."""
    return f"curl '{url}/api?command=ListActiveCalls&Username=HTTP_User_1&Password=qwe123'"


def enswitch_line(url: str) -> str:
    """A `curl` line that lists Acme's calls through the Enswitch dialect, with the manual's login."""
    return f"curl '{url}/api/json/calls/active/list/?auth_username=user;auth_password=password'"


def mor_line(url: str) -> str:
    """A `curl` line that lists Acme's calls through the MOR dialect, with the manual's login and hash."""
    signature = hashlib.sha1(_cast().customers[0].shared_key.encode(), usedforsecurity=False).hexdigest()
    return f"curl -X POST '{url}/billing/api/active_calls_get?u=username&hash={signature}'"
