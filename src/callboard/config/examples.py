"""Examples for the settings whose default is empty and so shows nobody what a value looks like."""

__all__ = ["EXAMPLES"]

EXAMPLES: dict[str, object] = {
    "http.certificate": "/etc/callboard/tls/certificate.pem",
    "http.key": "/etc/callboard/tls/key.pem",
    "http.key_password": "the key's own password",
    "http.proxies": ("192.0.2.10", "198.51.100.0/24"),
    "access.shared_key": "a long random text",
    "access.masks.admin": ("media",),
    "access.masks.reseller": ("numbers",),
    "access.masks.user": ("numbers", "names", "media"),
    "switches.b2bua.carrier": "192.0.2.20:5060",
    "switches.asterisk.NAME.secret": "the secret in manager.conf",
    "switches.asterisk.NAME.tls_ca": "/etc/callboard/tls/pbx1.pem",
    "switches.asterisk.NAME.tls_name": "pbx1.example.org",
    "switches.asterisk.NAME.transfer_context": "from-internal",
    "switches.freeswitch.NAME.user": "callboard@example.org",
    "switches.freeswitch.NAME.password": "the password in event_socket.conf.xml",
    "switches.freeswitch.NAME.transfer_context": "default",
    "switches.kamailio.NAME.user": "callboard",
    "switches.kamailio.NAME.password": "the proxy's password for it",
    "switches.kamailio.NAME.ca": "/etc/callboard/tls/proxy1.pem",
    "switches.opensips.NAME.advertise": "192.0.2.7:8093",
    "switches.opensips.NAME.user": "callboard",
    "switches.opensips.NAME.password": "the proxy's password for it",
    "switches.opensips.NAME.ca": "/etc/callboard/tls/proxy1.pem",
    "dialects.ozeki.xe_login": "wallboard",
    "dialects.ozeki.users": ("wallboard", "HTTP_User_1"),
    "dialects.ozeki.allowed_addresses": ("192.168.0.0/16",),
    "dialects.ozeki.denied_addresses": ("192.168.7.0/24",),
    "dialects.ozeki.time_zone": "Europe/Budapest",
    "dialects.mor.time_zone": "Europe/Vilnius",
    "dialects.sippy.trusted_addresses": ("192.0.2.30",),
    "metrics.customers": (12, 40),
    "webhooks.allowed_targets": ("10.1.0.0/16",),
}
"""By dotted key. A test wants one for every setting with an empty default, and that it is a value that can be given."""
