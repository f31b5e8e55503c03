"""The backend: whether a kept connection still works is seen at its socket, not asked of the server."""

from __future__ import annotations

import select

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresqlWrapper


class DatabaseWrapper(PostgresqlWrapper):
    """CONN_HEALTH_CHECKS at the price of one system call: Django's own asks ``SELECT 1`` at every request."""

    def is_usable(self) -> bool:
        """False when the server has hung up: nothing else makes an idle connection's socket readable."""
        if self.connection is None or self.connection.closed:
            return False
        watch = select.poll()
        watch.register(self.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not watch.poll(0)
