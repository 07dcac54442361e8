"""Standing: notices when somebody may see more or less than before, so that what goes on for long is asked again."""

from collections.abc import Callable

from callboard.access.access import Access
from callboard.directory.directory import Directory, DirectoryChange
from callboard.directory.records import Customer
from callboard.table.feeds import Bell

__all__ = ["Standing"]


class Standing:
    """Counts the changes of logins, tokens and the tree of customers."""

    def __init__(self, access: Access, directory: Directory, moment: Callable[[], int]) -> None:
        """`moment` gives the number of the table's revision."""
        self._moment = moment
        self._bells: dict[Bell, None] = {}
        self.changes = 0
        self.changed_at = -1
        """The number of the table's revision at the last change."""
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
        if any(isinstance(record, Customer) for record in change.puts) or any(
            kind is Customer for kind, _ in change.removes
        ):
            self._changed()

    def _changed(self) -> None:
        self.changes += 1
        self.changed_at = self._moment()
        bells, self._bells = self._bells, {}
        for bell in bells:
            bell()
