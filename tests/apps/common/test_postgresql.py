"""A kept connection that the server has ended is found out before it is used."""

from __future__ import annotations

import pytest
from django.db import connection, connections

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL"),
]


def test_a_lost_connection_is_replaced() -> None:
    kept = connections.create_connection("default")
    kept.settings_dict = connection.settings_dict | {"CONN_HEALTH_CHECKS": True}
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        first = cursor.fetchone()[0]
    kept.close_if_unusable_or_obsolete()
    assert kept.is_usable()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert not kept.is_usable()
    kept.close_if_unusable_or_obsolete()
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != first
    kept.close()
