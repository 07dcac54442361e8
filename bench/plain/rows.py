"""A row of each format: a dict, written out."""

from datetime import datetime

from bench.plain.records import PlainCall

__all__ = ["Row", "enswitch", "mor", "ozeki", "rest", "sippy"]

Row = dict[str, object]

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_OZEKI = {"answered": "InCall", "held": "Hold", "ending": "Completed"}
_SIPPY = {"answered": "Connected", "held": "Connected", "ringing": "ARComplete", "dialing": "ARComplete"}
_STATUS = {"answered": "answered", "held": "answered", "ringing": "ringing", "dialing": "ringing"}
_SIPPY_DIRECTION = {"outbound": "vendor", "transit": "vendor", "internal": "onnet_in", "inbound": "onnet_in"}


def rest(call: PlainCall, now: datetime) -> Row:
    """As in `GET /v1/calls`."""
    return {
        "id": str(call.id),
        "state": call.state,
        "suspect": False,
        "direction": call.direction,
        "caller": call.caller,
        "caller_name": call.caller_name,
        "dialed": call.dialed,
        "callee": call.callee,
        "customer": call.customer,
        "account": call.account,
        "device": None,
        "callee_customer": call.callee_customer,
        "callee_account": call.callee_account,
        "callee_device": None,
        "vendor": call.vendor,
        "connection": call.connection,
        "did": call.did,
        "machine": call.machine,
        "switch": call.switch,
        "country": call.country,
        "destination": call.destination,
        "started_at": _zulu(call.started_at),
        "progressed_at": _zulu(call.progressed_at) if call.progressed_at else None,
        "answered_at": _zulu(call.answered_at) if call.answered_at else None,
        "ended_at": None,
        "suspect_since": None,
        "delay": round(call.delay(now), 3),
        "duration": round(call.duration(now), 3),
        "media": {"caller": call.caller_media, "callee": call.callee_media},
        "sip_call_id": call.sip_call_id,
        "cause": None,
    }


def sippy(call: PlainCall, now: datetime) -> Row:
    """As in listAllCalls."""
    return {
        "CLI": call.caller,
        "I_CONNECTION": call.connection,
        "CLD": call.dialed or call.callee,
        "CALL_ID": call.sip_call_id,
        "DELAY": round(call.delay(now), 3),
        "DURATION": round(call.duration(now), 3),
        "CC_STATE": _SIPPY[call.state],
        "I_ACCOUNT": call.account,
        "ID": str(call.id),
        "I_CUSTOMER": None if call.customer is None else str(call.customer),
        "I_ENVIRONMENT": "1",
        "CALLER_MEDIA_IP": call.caller_media,
        "CALLEE_MEDIA_IP": call.callee_media,
        "SETUP_TIME": call.started_at.strftime("%Y%m%dT%H:%M:%S.") + f"{call.started_at.microsecond // 1000:03}",
        "DIRECTION": _SIPPY_DIRECTION.get(call.direction, ""),
        "NODE_ID": call.switch,
    }


def ozeki(call: PlainCall, now: datetime) -> Row:
    """As in ListActiveCalls."""
    return {
        "CallId": _base62(call.id),
        "Source": call.caller,
        "CallerId": call.caller_name or call.caller,
        "Destination": call.callee,
        "CallerDialed": call.dialed or call.callee,
        "CalleeDialed": call.callee,
        "StartTime": call.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        "RingDuration": f"{call.ringing(now):.3f}",
        "TalkDuration": f"{call.duration(now):.3f}",
        "CallState": _OZEKI.get(call.state, "Ringing"),
    }


def mor(call: PlainCall, now: datetime) -> Row:
    """As in active_calls_get."""
    leg, channel = call.legs[0]
    return {
        "id": str(call.id),
        "uniqueid": leg,
        "status": "Answered" if call.answered_at else "Ringing",
        "answer_time": call.answered_at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if call.answered_at else "",
        "duration": str(int(call.duration(now))) if call.answered_at else "",
        "src": call.caller,
        "user_id": str(call.customer or ""),
        "user": call.customer_name,
        "src_device_id": str(call.account or ""),
        "device_type": "SIP" if call.account else "",
        "device_extension": call.account_user,
        "device_name": call.account_user,
        "device_istrunk": "0" if call.account else "",
        "device_ani": "0" if call.account else "",
        "localized_dst": call.callee or call.dialed,
        "direction_code": call.country,
        "direction_name": call.country_name,
        "destination_name": call.destination,
        "provider_id": str(call.vendor or ""),
        "provider_name": call.vendor_name,
        "channel": channel or leg,
    }


def enswitch(call: PlainCall, now: datetime) -> list[Row]:
    """As in calls/active/list: a row for each leg."""
    outside = call.direction in ("outbound", "transit")
    return [
        {
            "answered": int(call.answered_at.timestamp()) if call.answered_at else 0,
            "billing_peer": call.connection or 0 if outside else 0,
            "callerid_external": call.caller,
            "callerid_internal": call.caller,
            "callername_external": call.caller_name,
            "callername_internal": call.caller_name,
            "callid": call.legs[0][0],
            "channel": channel or leg,
            "cnumber": call.dialed,
            "ctype": "",
            "dcustomer": call.callee_customer or 0,
            "dnumber": call.callee,
            "dtype": "external" if outside else "phone",
            "ingroup": call.vendor or 0 if call.direction == "inbound" else 0,
            "machine": call.machine or 0,
            "outgroup": call.vendor or 0 if outside else 0,
            "overmax": 0,
            "peer": call.connection or 0 if outside else 0,
            "recording": "",
            "scustomer": call.customer or 0,
            "sip_callid": call.sip_call_id,
            "snumber": call.caller,
            "spresent": int(call.caller not in ("", "anonymous")),
            "start": int(call.started_at.timestamp()),
            "status": _STATUS.get(call.state, "new"),
            "stype": "phone" if call.account else "external",
            "uniqueid": leg,
        }
        for leg, channel in call.legs
    ]


def _zulu(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _base62(number: int) -> str:
    """Five digits at least."""
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = _BASE62[digit] + text
    return text.rjust(5, "0")
