"""Whether a page of another site is behind a request.

A browser adds to what such a page asks for what it never would give to the page itself: its user's password, and the
address it comes from. Where one of these is enough to be let in, the page could act as the user.
"""

from callboard.http.values import Request

__all__ = ["from_other_site"]


def from_other_site(request: Request) -> bool:
    """Whether the browser says so; programs that are no browsers say nothing.

    `Sec-Fetch-Site` (W3C Fetch Metadata) counts where it is sent, which is over TLS and on the machine itself. Else
    `Origin` does (RFC 6454), which comes with every POST of another site's page.
    """
    site = request.headers.get("sec-fetch-site", "")
    if site:
        return site not in ("none", "same-origin")
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2].lower() != request.headers.get("host", "").lower()
