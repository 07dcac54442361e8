"""The embedded SIP switch: a back-to-back user agent in a child process, behind a narrow message boundary."""
