"""What an OpenSIPS would say, by its documentation and its source."""

import msgspec

FIELDS = {"db_id": "6442450945", "user_flags": 0, "datestart": "2026-11-21 07:23:00", "timeout": 0}


def dialog(number: int, state: int = 4, **more: object) -> dict[str, object]:
    """A dialog as `dlg_list_ctx` prints it: from alice to 812."""
    answered = state in (3, 4)
    fields: dict[str, object] = {
        **FIELDS,
        "ID": f"6ae.{number:x}",
        "state": state,
        "timestart": 1_795_245_780 if answered else 0,
        "callid": f"{number}@192.0.2.1",
        "from_uri": "sip:alice@example.org",
        "to_uri": "sip:812@example.org",
        "caller_tag": f"ft{number}",
        "caller_contact": "sip:alice@192.0.2.1",
        "CALLEES": [{"callee_tag": "tt", "callee_contact": "sip:812@192.0.2.9:5062", "callee_bind_addr": None}]
        if answered
        else [],
        "context": {"values": [{"account": "17"}, {"name": "Alice"}], "profiles": [{"all": ""}, {"trunk_out": "gw1"}]},
    }
    return {**fields, **more}


def body(result: object) -> bytes:
    """An answer."""
    return msgspec.json.encode({"jsonrpc": "2.0", "result": result, "id": 1})


def fault(code: int, message: str) -> bytes:
    """An answer that is an error."""
    return msgspec.json.encode({"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": 1})


def changed(number: int, old: int, new: int, **more: object) -> bytes:
    """The datagram that tells a change of state."""
    params = {
        "id": f"6ae.{number:x}",
        "db_id": "6442450945",
        "callid": f"{number}@192.0.2.1",
        "from_tag": f"ft{number}",
        "to_tag": "tt",
        "old_state": old,
        "new_state": new,
        **more,
    }
    return msgspec.json.encode({"jsonrpc": "2.0", "method": "E_DLG_STATE_CHANGED", "params": params})
