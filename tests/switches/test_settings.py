"""What every switch's settings have in common."""

import pytest

from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.freeswitch.settings import FreeswitchSettings
from callboard.switches.kamailio.settings import KamailioSettings
from callboard.switches.opensips.settings import OpensipsSettings
from callboard.switches.settings import SwitchSettings


@pytest.mark.parametrize(
    "settings",
    [
        AsteriskSettings(name="pbx1", secret="s3cret"),
        FreeswitchSettings(name="pbx1", password="s3cret"),
        KamailioSettings(name="pbx1", password="s3cret"),
        OpensipsSettings(name="pbx1", password="s3cret"),
    ],
)
def test_no_log_and_no_traceback_shows_a_secret(settings: SwitchSettings) -> None:
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in f"{[settings]}"
    assert "name='pbx1'" in repr(settings)
