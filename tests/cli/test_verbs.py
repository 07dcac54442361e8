"""Every verb that asks a server, once as people use it, and what it prints for programs."""

import csv
import io
import json
import re
import shlex
import stat
import threading
from pathlib import Path

import pytest

from callboard.calls.state import State
from callboard.cli.app import app
from callboard.cli.cheat import SHEET
from callboard.cli.manual import verbs
from callboard.cli.watch import tell
from callboard.client import Call, Client, News
from tests.cli.conftest import Run
from tests.house import House
from tests.journal.scenes import wait_until


class TestCalls:
    def test_one_in_full(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED, name="\x1b[31mBobby\u202e")
        ran = ask("calls", "show", "960")
        assert ran.code == 0
        assert re.search(r"^caller_name +\\x1b\[31mBobby\\u202e$", ran.out, re.MULTILINE)
        assert re.search(r"^call-1/b +callee +812", ran.out, re.MULTILINE)
        assert re.search(r"answered +call$", ran.out, re.MULTILINE)
        assert json.loads(ask("calls", "show", "960", "-o", "json").out)["timeline"][0]["what"] == "new"

    def test_as_csv_it_is_what_a_list_is(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED)
        (shown,) = csv.DictReader(io.StringIO(ask("calls", "show", "960", "-o", "csv").out))
        (listed,) = csv.DictReader(io.StringIO(ask("calls", "ls", "-o", "csv").out))
        assert shown["media"] == listed["media"] == '{"caller":"192.168.22.7","callee":"192.168.22.54"}'
        assert json.loads(shown["legs"])[0]["side"] == "caller"

    def test_any_filter_any_field_and_the_first_few(self, house: House, ask: Run) -> None:
        for dialed in ("63917", "44207", "63918"):
            house.call(dialed=dialed)
        ran = ask("calls", "ls", "-w", "callee_prefix=63,49", "--fields", "id,callee", "--limit", "1")
        assert ran.out == "ID  CALLEE\n960  63917\n\n1 call of 2; there is more: --limit\n".replace("ID  C", "ID   C")
        assert ask("calls", "ls", "--legs").out.splitlines()[-1] == "6 legs"

    def test_what_is_no_filter(self, ask: Run) -> None:
        assert ask("calls", "ls", "-w", "callee").code == 2
        ran = ask("calls", "ls", "-w", "stat=new")
        assert (ran.code, "did you mean state?" in ran.err) == (2, True)

    def test_watch_tells_what_is_up_and_what_happens(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED, caller="801\x07")
        ran = ask("calls", "watch", "--for", "0")
        assert ran.code == 0, "what is up is told in any case: the time is that after it"
        assert re.match(r"is +960  answered +801\\x07 -> 812", ran.out)
        line = json.loads(ask("calls", "watch", "--for", "1", "--json").out.splitlines()[0])
        assert (line["kind"], line["call"]["caller"]) == ("is", "801\x07")

    def test_watch_tells_what_went_while_the_server_was_away(self, capsys: pytest.CaptureFixture[str]) -> None:
        before = {number: Call(id=number, state="held", caller="801", dialed="812") for number in ("960", "961")}
        after = {number: Call(id=number, state="held", caller="801", dialed="812") for number in ("961", "962")}
        tell(News(kind="snapshot", why="unknown_revision"), before, after, False)
        assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [
            ["leave", "960"],
            ["is", "961"],
            ["is", "962"],
        ]
        tell(News(kind="lost", why="\x1b[2J"), after, after, False)
        tell(News(kind="resumed"), after, after, False)
        lost, back = capsys.readouterr().err.splitlines()
        assert (lost.endswith("tried again: \\x1b[2J"), "is back" in back) == (True, True)

    def test_orders(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED)
        assert ask("calls", "hold", "960", "--party", "callee", "--no-wait").out.startswith("Call 960: asked for")
        assert ask("calls", "transfer", "960", "104", "--no-wait").code == 0
        house.call(State.HELD)
        assert ask("calls", "unhold", "961", "--no-wait").code == 0
        assert [type(command).__name__ for command in house.sent] == ["Hold", "Transfer", "Unhold"]
        house.unreachable = "the link to b2bua is down"
        ran = ask("calls", "transfer", "961", "104")
        assert (ran.code, ran.out) == (1, "Call 961: refused (caller to 104: the link to b2bua is down)\n")


class TestHangupOfMany:
    def test_several_by_number_and_one_that_is_not_there(self, house: House, ask: Run) -> None:
        house.call()
        house.call()
        house.obeys = True
        ran = ask("calls", "hangup", "960", "7", "961")
        assert (ran.code, ran.out) == (5, "Call 7: not found\nCall 960: done\nCall 961: done\n")

    def test_a_dry_run_ends_nothing(self, house: House, ask: Run) -> None:
        house.call(State.ANSWERED, account=5)
        house.call(State.ANSWERED, account=7)
        ran = ask("calls", "hangup", "--where", "customer=3", "--dry-run")
        assert (ran.code, house.sent) == (0, [])
        assert ran.out.splitlines()[-1] == "1 call would be ended."

    def test_nobody_confirms(self, house: House, ask: Run) -> None:
        house.call()
        ran = ask("calls", "hangup", "--where", "account=3")
        assert (ran.code, house.sent) == (2, [])
        assert ran.err == "Error: nobody is there to confirm that 1 calls are ended\nGive --yes\n"

    def test_each_outcome_is_counted(self, house: House, ask: Run) -> None:
        for _ in range(3):
            house.call()
        house.obeys = True
        ran = ask("calls", "hangup", "--where", "account=3", "--yes", "--rate", "500")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "3 done")
        assert len(house.sent) == 3

    def test_those_that_are_refused_are_named(self, house: House, ask: Run) -> None:
        house.call()
        house.unreachable = "the link to b2bua is down"
        ran = ask("calls", "hangup", "--where", "account=3", "--yes")
        assert (ran.code, ran.out.splitlines()[-2:]) == (1, ["Call 960: refused", "1 refused"])

    def test_a_batch_that_somebody_stopped_says_so(self, house: House, ask: Run, server: str) -> None:
        house.obeys = True
        for _ in range(9):
            house.call()

        def stop() -> None:
            wait_until(lambda: bool(house.sent))
            with Client(server, user="root", password="demo-root") as client:
                client.stop_batch(house.ledger.records(960)[0].batch)

        stopper = threading.Thread(target=stop)
        stopper.start()
        ran = ask("calls", "hangup", "--where", "account=3", "--yes", "--rate", "1")
        stopper.join()
        assert ran.code == 1
        assert re.search(r"^Not all were ended: stopped by root\. \d calls? stayed up\.$", ran.out, re.MULTILINE)

    @pytest.mark.parametrize("words", ["", "960 --where account=3", "960 --dry-run"])
    def test_what_makes_no_sense(self, ask: Run, words: str) -> None:
        assert ask("calls", "hangup", *words.split()).code == 2


def test_stats(house: House, ask: Run) -> None:
    house.call(State.ANSWERED, account=5)
    house.call(State.RINGING, account=7)
    text = ask("stats", "--by", "customer").out
    assert text.startswith("2 calls: 1 answered, 1 ringing, 0 suspect\n")
    assert re.search(r"^ +3  Acme +1 +1$", text, re.MULTILINE)
    assert ask("stats", "-o", "csv").out == "total,answered,ringing,suspect\n2,1,1,0\n"
    assert json.loads(ask("stats", "-o", "json", "-w", "customer=3").out)["total"] == 1
    assert ask("stats", "--by", "custmer").code == 2


def test_switches(house: House, ask: Run) -> None:
    house.call()
    assert re.search(r"^b2bua .*\n\n1 switch$", ask("switches").out, re.MULTILINE)
    assert json.loads(ask("switches", "-o", "json").out)["switches"][0]["calls"] == 1


def test_whoami(ask: Run) -> None:
    assert re.search(r"^login +root$", ask("whoami").out, re.MULTILINE)
    assert json.loads(ask("whoami", "-o", "json").out)["role"] == "admin"


def test_a_token_from_its_making_to_its_end(ask: Run) -> None:
    made = ask("tokens", "add", "wall", "--right", "whoami", "--days", "1")
    token = made.out.strip()
    assert (made.code, token.startswith("cb_"), "never shown again" in made.err) == (0, True, True)
    ran = ask("whoami", "--token", token, "-o", "json")
    assert json.loads(ran.out)["rights"] == ["whoami"]
    (row,) = csv.DictReader(io.StringIO(ask("tokens", "list", "-o", "csv").out))
    assert row["name"] == "wall"
    assert token.split(".")[1] not in ask("tokens", "list", "-o", "json").out
    assert ask("tokens", "remove", row["id"]).code == 0
    assert ask("whoami", "--token", token).code == 4


def test_a_token_in_the_variable_gives_way_to_a_user_on_the_command_line(ask: Run) -> None:
    ran = ask("whoami", "-u", "acme", "--password", "demo-acme", "-o", "json", CALLBOARD_TOKEN="cb_x.y")
    assert json.loads(ran.out)["login"] == "acme"
    assert ask("whoami", CALLBOARD_TOKEN="cb_x.y").code == 4


def test_records(ask: Run, tmp_path: Path) -> None:
    added = ask("directory", "add", "accounts", "customer=3", "sip_user=007", "blocked=yes", "-o", "json")
    account = json.loads(added.out)
    assert (account["sip_user"], account["blocked"], account["customer"]) == ("007", True, 3)
    number = str(account["id"])
    changed = ask("directory", "change", "accounts", number, "addresses=192.0.2.7,192.0.2.8", "blocked=false")
    assert re.search(r"^addresses +192\.0\.2\.7, 192\.0\.2\.8$", changed.out, re.MULTILINE)
    assert "007" in ask("directory", "list", "accounts", "--customer", "3").out
    assert ask("directory", "remove", "accounts", number).out == f"Account {number} is removed.\n"
    assert ask("directory", "show", "accounts", number).code == 5
    for wrong in ("sip_usr=1", "sip_user", "blocked=maybe", "customer=three"):
        assert ask("directory", "add", "accounts", wrong).code == 2


def test_a_login_gets_its_password_from_a_file(ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("quite a long secret\n", encoding="utf-8")
    assert ask("logins", "add", "night", "role=user", "customer=3", f"password=@{file}").code == 0
    ran = ask("whoami", "-u", "night", "--password", "quite a long secret", "-o", "json")
    assert json.loads(ran.out)["customer"] == 3
    assert "night" in ask("logins", "list").out
    assert ask("logins", "change", "night", "disabled=true").code == 0
    assert re.search(r"^disabled +true$", ask("logins", "show", "night").out, re.MULTILINE)
    assert ask("logins", "add", "day", "role=user", "customer=3").err.startswith("Error: a login needs a password")
    assert ask("logins", "remove", "night").out == "Login night is removed.\n"


def test_an_import_that_adds_is_tried_first(ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "more.toml"
    file.write_text('[[vendors]]\nid = 9\nname = "Carrier Nine"\n', encoding="utf-8")
    ran = ask("directory", "import", str(file), "--add", "--dry-run")
    assert ran.out == "1 would be added, 0 would be changed, 0 would be removed.\n"
    assert ask("directory", "show", "vendors", "9").code == 5
    assert ask("directory", "import", str(file), "--add").code == 0
    assert ask("directory", "show", "vendors", "9").code == 0


def test_a_webhook(ask: Run) -> None:
    made = ask(
        "webhooks", "add", "https://crm.example.net/x", "--event", "call.ended", "-w", "customer=3", "-o", "json"
    )
    webhook = json.loads(made.out)
    assert webhook["filter"] == {"customer": [3]}
    name = webhook["id"]
    assert "well" in ask("webhooks", "list").out
    assert ask("webhooks", "change", name, "--off").code == 0
    assert re.search(r"^active +false$", ask("webhooks", "show", name).out, re.MULTILINE)
    assert ask("webhooks", "secret", name).out.strip() != webhook["secret"]
    assert ask("webhooks", "change", name, "--on").code == 0
    ran = ask("webhooks", "test", name)
    assert (ran.code, "webhooks are not delivered here" in ran.err) == (1, True), "nobody delivers in this house"
    assert ask("webhooks", "deliveries", name).code == 0
    assert ask("webhooks", "replay", name).out == "0 messages sent again.\n"
    assert ask("webhooks", "remove", name).code == 0


class TestContexts:
    def test_several_servers(self, run: Run, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("demo-root\n"))
        assert run("contexts", "add", "here", "--server", server, "-u", "root").code == 0
        monkeypatch.setattr("sys.stdin", io.StringIO("cb_x.y\n"))
        assert run("contexts", "add", "there", "--server", "http://127.0.0.1:1", "--no-use").code == 0
        file = tmp_path / "config" / "callboard" / "contexts.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        listed = run("contexts", "list").out
        assert re.search(r"^\* +here .* root$", listed, re.MULTILINE)
        assert "demo-root" not in listed
        assert json.loads(run("whoami", "-o", "json").out)["login"] == "root"
        assert run("whoami", "--context", "there").code == 3
        assert run("contexts", "use", "there").code == 0
        assert run("whoami").code == 3
        assert json.loads(run("whoami", "-o", "json", CALLBOARD_CONTEXT="here").out)["login"] == "root"
        assert run("contexts", "remove", "there").code == 0
        assert run("contexts", "use", "thre").code == 5
        assert run("whoami", "--context", "her").code == 2

    def test_its_credentials_go_to_no_other_server(
        self, run: Run, server: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("demo-root\n"))
        run("contexts", "add", "there", "--server", "http://127.0.0.1:1", "-u", "root")
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        assert run("whoami", "--server", server).code == 4
        assert run("whoami", "--server", server, "--context", "there").code == 4

    def test_a_file_that_is_broken_is_named(self, run: Run, ask: Run, tmp_path: Path) -> None:
        file = tmp_path / "config" / "callboard" / "contexts.json"
        file.parent.mkdir(parents=True)
        file.write_text("{", encoding="utf-8")
        ran = run("whoami")
        assert (ran.code, str(file) in ran.err) == (2, True)
        assert ask("whoami").code == 0, "who says everything needs no context"


def test_the_cheat_sheet_is_right(run: Run) -> None:
    """Each of its lines begins with a verb, and its options are the verb's."""
    assert run("cheat").out == SHEET
    known = {" ".join(words) for words in verbs()}
    lines = [line.split("   ")[0].strip() for line in SHEET.splitlines() if line.startswith("  callboard")]
    assert len(lines) > 20
    for line in lines:
        words = shlex.split(line)[1:]
        verb = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
        assert verb in known, line
        text = run(*verb.split(), "--help").out
        for option in [word for word in words if word.startswith("--")]:
            assert option in text, line


def test_every_verb_has_words_and_fits_the_screen(run: Run) -> None:
    assert app.registered_groups
    for words in verbs():
        ran = run(*words, "--help", COLUMNS="80")
        assert ran.code == 0
        assert max(map(len, ran.out.splitlines())) <= 80, words
