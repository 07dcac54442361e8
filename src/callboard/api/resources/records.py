"""Customers, accounts, devices, vendors, connections, DIDs, machines and logins: one way for all of them."""

import asyncio
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import msgspec

from callboard.api.parameters import read_body, read_query
from callboard.api.record_fields import (
    CHANGES,
    PAGES,
    VIEWS,
    WANTED,
    etag,
    kept_secrets,
    key_of,
    read_record,
    view,
    without_flags,
)
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.calls.refusals import InvalidArgument, Mistaken, NotFound, Outdated
from callboard.directory.directory import DirectoryError
from callboard.http.values import Reply
from callboard.operations.desk import Reach
from callboard.operations.records import (
    CHANGE_RECORD,
    CREATE_RECORD,
    LIST_RECORDS,
    REMOVE_RECORD,
    SHOW_RECORD,
    ChangeRecord,
    CreateRecord,
    ListRecords,
    RecordName,
    RemoveRecord,
)
from callboard.operations.registers import REGISTERS, Key, Noun, Register, in_sight

__all__ = ["ROUTES"]


class RecordsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which records, in the order of their ids or names."""

    customer: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    """Those of this customer; left out, all that one sees."""
    recursive: bool = True
    """Also those of customers below."""
    search: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """A text that stands in one of the fields."""
    after: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    """The `next` of the page before."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


async def _list(register: Register, asked: Asked) -> Reply:
    query = read_query(asked.request, RecordsQuery)
    after = None if query.after is None else key_of(register, query.after)
    if query.after is not None and after is None:
        raise InvalidArgument("after: give the `next` of the page before, or leave it out", "after")
    arguments = ListRecords(
        section=register.section,
        customer=query.customer,
        reach=Reach.SUBTREE if query.recursive else Reach.OWN,
        search=query.search,
        after=after,
        limit=query.limit,
    )
    page = asked.desk.perform(LIST_RECORDS, asked.principal, arguments, asked.request.at)
    content = {register.section: [view(register, record) for record in page.records], "next": page.next}
    return answer_json(content)


async def _show(register: Register, asked: Asked) -> Reply:
    wanted = RecordName(section=register.section, key=_key(register, asked))
    return _answer(register, asked.desk.perform(SHOW_RECORD, asked.principal, wanted, asked.request.at))


async def _create(register: Register, asked: Asked) -> Reply:
    asked.desk.check(CREATE_RECORD, asked.principal)
    given = _given(register, asked)
    record = await _read(register, asked, {"id": 0} | given if register.key == "id" else given)
    wanted = CreateRecord(section=register.section, record=record)
    made = asked.desk.perform(CREATE_RECORD, asked.principal, wanted, asked.request.at)
    place = ("Location", f"/v1/{register.section}/{register.key_of(made)}")
    return _answer(register, made, HTTPStatus.CREATED, place)


async def _replace(register: Register, asked: Asked) -> Reply:
    """What is left out gets its usual value, but for secrets: those that are not given stay as they are."""
    return await _change(register, asked, {})


async def _patch(register: Register, asked: Asked) -> Reply:
    """What is left out stays as it is (RFC 7396, but null is a value)."""
    asked.desk.check(CHANGE_RECORD, asked.principal)
    before = in_sight(asked.desk, asked.principal, register, _key(register, asked))
    return await _change(register, asked, without_flags(register, view(register, before)))


async def _change(register: Register, asked: Asked, kept: dict[str, Any]) -> Reply:
    """The record is the one that was looked at here when it is changed, also after a password was hashed meanwhile."""
    asked.desk.check(CHANGE_RECORD, asked.principal)
    key = _key(register, asked)
    before = in_sight(asked.desk, asked.principal, register, key)
    _refuse_mismatch(register, before, asked)
    given = _given(register, asked)
    if given.get(register.key, key) != key:
        raise Mistaken([f"{register.noun}.{register.key}: cannot be changed: make a new one and remove this one"])
    record = await _read(register, asked, kept | kept_secrets(before, given) | given | {register.key: key})
    wanted = ChangeRecord(section=register.section, record=record, was=before)
    return _answer(register, asked.desk.perform(CHANGE_RECORD, asked.principal, wanted, asked.request.at))


async def _remove(register: Register, asked: Asked) -> Reply:
    asked.desk.check(REMOVE_RECORD, asked.principal)
    key = _key(register, asked)
    _refuse_mismatch(register, in_sight(asked.desk, asked.principal, register, key), asked)
    wanted = RemoveRecord(section=register.section, key=key)
    asked.desk.perform(REMOVE_RECORD, asked.principal, wanted, asked.request.at)
    return Reply(status=HTTPStatus.NO_CONTENT)


def _key(register: Register, asked: Asked) -> Key:
    key = key_of(register, asked.name)
    if key is None:
        raise NotFound(f"{register.noun} {asked.name[:80]} not found")
    return key


def _given(register: Register, asked: Asked) -> dict[str, Any]:
    return without_flags(register, read_body(asked.request, dict[str, Any]))


async def _read(register: Register, asked: Asked, data: dict[str, Any]) -> Noun:
    """A plain password takes 0.1 s, hence the thread."""
    try:
        return await asyncio.to_thread(read_record, register, data, asked.sealing)
    except DirectoryError as error:
        raise Mistaken(error.mistakes) from error


def _refuse_mismatch(register: Register, before: Noun, asked: Asked) -> None:
    """If-Match, RFC 9110 section 13.1.1."""
    wanted = asked.request.headers.get("if-match", "*").strip()
    tags = {tag.strip() for tag in wanted.split(",")}
    if "*" not in tags and etag(register, before) not in tags:
        raise Outdated(f"{register.noun} {register.key_of(before)} was changed meanwhile: look again, then change it")


def _answer(register: Register, record: Noun, status: int = HTTPStatus.OK, *headers: tuple[str, str]) -> Reply:
    return answer_json(view(register, record), status, ("ETag", etag(register, record)), *headers)


def _routes(register: Register) -> Iterator[Route]:
    section = register.section
    noun = f"{'an' if register.noun[0] in 'aeiou' else 'a'} {register.noun}"
    many, one = f"/{section}", f"/{section}/{{{register.key}}}"
    shown, sent = {JSON: VIEWS[section]}, {JSON: WANTED[section]}
    yield Route(
        method="GET",
        path=many,
        operation=LIST_RECORDS,
        endpoint=partial(_list, register),
        summary=f"List {section}.",
        query=RecordsQuery,
        gives={JSON: PAGES[section]},
    )
    yield Route(
        method="POST",
        path=many,
        operation=CREATE_RECORD,
        endpoint=partial(_create, register),
        summary=f"Create {noun}.",
        takes=sent,
        gives=shown,
        status=201,
        tells=("ETag", "Location"),
    )
    yield Route(
        method="GET",
        path=one,
        operation=SHOW_RECORD,
        endpoint=partial(_show, register),
        summary=f"Show {noun}, without its secrets.",
        gives=shown,
        tells=("ETag",),
    )
    for method, endpoint, how, body in (
        ("PUT", _replace, "Replace", WANTED[section]),
        ("PATCH", _patch, "Change", CHANGES[section]),
    ):
        yield Route(
            method=method,
            path=one,
            operation=CHANGE_RECORD,
            endpoint=partial(endpoint, register),
            summary=f"{how} {noun}; a secret that is left out stays.",
            takes={JSON: body},
            gives=shown,
            matched=True,
            tells=("ETag",),
        )
    yield Route(
        method="DELETE",
        path=one,
        operation=REMOVE_RECORD,
        endpoint=partial(_remove, register),
        summary=f"Remove {noun}.",
        status=204,
        matched=True,
    )


ROUTES = tuple(route for register in REGISTERS.values() for route in _routes(register))
