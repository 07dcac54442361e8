"""What a request shows of itself in a log."""

from callboard.http.values import Request


def test_no_secret_of_a_request_shows() -> None:
    request = Request(
        method="POST",
        path="/api",
        target="/api?Password=s3cret",
        query=b"Password=s3cret",
        headers={"authorization": "Basic s3cret"},
        body=b"Password=s3cret",
        client="192.0.2.9",
        at=1.0,
    )
    assert f"{request!r}" == "Request(method='POST', path='/api', client='192.0.2.9', at=1.0)"
