"""Standing: notices when somebody may see more or less than before, so that what goes on for long is asked again."""

from collections.abc import Callable

from callboard.access.access import Access
from callboard.directory.directory import Directory, DirectoryChange
from callboard.directory.records import DID, Account, Customer, Device
from callboard.table.following.feeds import Bell

__all__ = ["Standing"]


_OWNED = (Account, Device, DID)


class Standing:
    """Counts the changes of logins and tokens, of the tree of customers, and of what belongs to customers."""

    def __init__(self, access: Access, directory: Directory, moment: Callable[[], int]) -> None:
        """`moment` gives the number of the table's revision."""
        self._moment = moment
        self._bells: dict[Bell, None] = {}
        self.changes = 0
        self.changed_at = -1
        """The number of the table's revision at the last change of logins, tokens or the tree."""
        self.owned_changed_at = -1
        """The same of accounts, devices or DIDs, which are somebody's: for who asks for certain ones."""
        access.watch(lambda change: self._changed())
        access.tokens.watch(lambda change: self._changed())
        directory.watch(self._directory_changed)

    def ring(self, bell: Bell) -> None:
        """Have `bell` called once, at the next change."""
        self._bells[bell] = None

    def unring(self, bell: Bell) -> None:
        """Do not, if it was not called yet."""
        self._bells.pop(bell, None)

    def _directory_changed(self, change: DirectoryChange) -> None:
        kinds = {*map(type, change.puts), *(kind for kind, _ in change.removes)}
        if Customer in kinds:
            self._changed()
        elif not kinds.isdisjoint(_OWNED):
            self.owned_changed_at = self._moment()
            self._tell()

    def _changed(self) -> None:
        self.changed_at = self._moment()
        self._tell()

    def _tell(self) -> None:
        self.changes += 1
        bells, self._bells = self._bells, {}
        for bell in bells:
            bell()
