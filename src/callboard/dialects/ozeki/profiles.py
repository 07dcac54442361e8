"""The vendor's two products: what differs between them."""

from typing import Literal, NamedTuple

from callboard.dialects.ozeki.fields import V10_FIELDS, XE_FIELDS, Member

__all__ = ["PROFILES", "V10", "XE", "Profile", "ProfileName"]

ProfileName = Literal["v10", "xe"]


class Profile(NamedTuple):
    """One product's API."""

    namespaces: str
    """What the start tag of `<Response>` has besides the name."""
    row: str
    """Name of the element that a call is."""
    fields: tuple[Member, ...]
    others: frozenset[str]
    """Commands that this API has and Callboard cannot carry out; lower case."""


_XE_OTHERS = """
    Hold Unhold Forward BlindTransfer AttendedTransfer Play Record SendDTMF Speak
    Call SendAlarmNotification SendEmail SendSms
    AddConfig GetConfig ModifyConfig RemoveConfig ListExtensions ListExtensionTypes GenerateSecurityToken GetCallHistory
"""
_V10_OTHERS = f"{_XE_OTHERS} CallSetup ForwardCall ListCallHistory Request ReceiveMessage"

V10 = Profile(
    namespaces=' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    row="Call",
    fields=V10_FIELDS,
    others=frozenset(_V10_OTHERS.lower().split()),
)
"""Ozeki Phone System v10; its commands: ozeki.hu p_7635, p_7666."""

XE = Profile(namespaces="", row="CallInfo", fields=XE_FIELDS, others=frozenset(_XE_OTHERS.lower().split()))
"""Ozeki Phone System XE; its commands: ozekiphone.com p_4231."""

PROFILES: dict[ProfileName, Profile] = {"v10": V10, "xe": XE}
"""By the name they have in the settings."""
