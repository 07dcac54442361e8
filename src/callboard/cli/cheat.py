"""`callboard cheat`: what one needs most, on one screen."""

from callboard.cli.output import write

__all__ = ["SHEET", "cheat"]

SHEET = """\
Look
  callboard calls ls --where state=answered            the calls that are up
  callboard calls ls --order longest_first --limit 10  the ten longest
  callboard calls ls --where callee_prefix=63 -o csv   for a spreadsheet
  callboard calls show 960                             one call, its legs, its timeline
  callboard calls watch --where customer=3             as it happens
  callboard top                                        the wallboard in this terminal
  callboard stats --by customer                        how many, by whom
  callboard switches                                   is every link up
  callboard history --where cause=busy,no_answer       what is over

Act
  callboard calls hangup 960                           end one call, and wait for the proof
  callboard calls hangup --where vendor=2 --dry-run    what a filter would end
  callboard calls hangup --where vendor=2 --rate 10    end it, ten a second
  callboard calls transfer 960 104                     the caller goes to 104
  callboard calls hold 960                             on hold
  callboard calls unhold 960                           and off
  callboard calls forget 960                           a row that is stuck

Manage
  callboard directory list customers                   who is who
  callboard directory add customers name=Acme parent=1
  callboard directory export directory.toml            all of it, as a file
  callboard logins add night role=user customer=3      a login; asks for its password
  callboard tokens add wall --right calls.list         a token for a program
  callboard webhooks add https://crm.example.net/calls --event call.answered
  callboard audit --action calls.                      who ended what
  callboard doctor                                     examine each link to a switch

Servers
  callboard contexts add office --server https://calls.example.net
  callboard contexts use office                        from now on
  callboard whoami                                     who am I there, and what may I
"""


def cheat() -> None:
    """Show what is needed most, on one screen."""
    write(SHEET)
