"""Every route × everybody: role in the organization and project, another organization, no one, and narrowed keys.

Generated from the URL table: a route without a rule fails, and so does a rule without a route.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.principal import SCOPES
from apps.common.ids import new_id
from tests.contracts.matrix import FOREIGN, HOME, Rule, World, all_rules, api_routes, prepare_all, routes
from tests.contracts.rules.api import OPEN
from tests.factories.people import Caller, make_key, make_people

RULES = {rule.route: rule for rule in all_rules()}
VIEWS = dict(api_routes())


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    assert sorted(VIEWS) == sorted(RULES)
    assert {path for path, _ in routes()} - {route.split(" ", 1)[1] for route in VIEWS} == OPEN


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world for all routes; whatever a call changes is rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield prepare_all(make_people())
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ids_of(rule: Rule, world: World) -> dict[str, Any]:
    return {**world.ids, **(rule.args(world) if rule.args else {})}


def call(rule: Rule, world: World, caller: Caller, ids: dict[str, Any] | None = None, body: Any = None) -> Any:
    sent = rule.body(world) if body is None and rule.body else body
    url = rule.url(ids or ids_of(rule, world))
    with undone():
        if rule.multipart:
            return getattr(caller.client, rule.method.lower())("/api/v1" + url, sent, headers=caller.headers)
        return caller.request(rule.method, url, sent)


def speaker(rule: Rule, world: World, name: str) -> Caller:
    """A key of the person with every scope; for routes that take no key, their session."""
    if not rule.session:
        return world.people.caller(name)
    caller = Caller()
    caller.client.force_login(world.people.users[name])
    return caller


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(set(RULES) & set(VIEWS)))
def test_route(route: str, world: World) -> None:
    rule = RULES[route]
    refuses_strangers(rule, world)
    lets_in_whom_it_should(rule, world)
    hides_from_other_organizations(rule, world)
    needs_its_scope(rule, world)
    resolves_ids_in_bodies_for_the_caller(rule, world)
    reads_without_writing(rule, world)


def refuses_strangers(rule: Rule, world: World) -> None:
    revoked = Caller(make_key(world.people.mia, revoked_at=timezone.now()))
    assert call(rule, world, revoked).status_code == 401
    status = call(rule, world, Caller()).status_code
    assert (status != 401) if rule.public else (status == 401)


def lets_in_whom_it_should(rule: Rule, world: World) -> None:
    for name in sorted(HOME):
        answer = call(rule, world, speaker(rule, world, name))
        if name in rule.allow:
            assert answer.status_code not in (401, 403, 404), (name, answer.status_code, answer.content[:500])
            assert answer.status_code < 500
        else:
            assert answer.status_code in rule.refused, (name, answer.status_code, answer.content[:500])


def hides_from_other_organizations(rule: Rule, world: World) -> None:
    if rule.open_to_all or rule.public or not rule.arguments:
        return
    ids = ids_of(rule, world)
    for position, argument in enumerate(rule.arguments):
        random = {**ids, argument: new_id()}
        for name in (*FOREIGN, "mia") if position == 0 else ("oskar",):
            answer = call(rule, world, speaker(rule, world, name), random)
            if not isinstance(ids[argument], str):
                assert answer.status_code in (403, 404), (name, argument, answer.status_code)
    for name in FOREIGN:
        caller = speaker(rule, world, name)
        foreign, missing = (
            call(rule, world, caller, ids),
            call(rule, world, caller, {**ids, rule.arguments[0]: new_id()}),
        )
        assert foreign.status_code == missing.status_code == 404, (name, foreign.status_code, missing.status_code)
        assert foreign.content == missing.content


def needs_its_scope(rule: Rule, world: World) -> None:
    if rule.public:
        return
    needed = VIEWS[rule.route].scopes.get(rule.method, ())
    options = {needed} if isinstance(needed, str) else set(needed)
    assert options <= set(SCOPES)
    assert bool(options) != rule.session, "a route names its scope, or takes no key at all"
    person = world.people.users[min(rule.allow or HOME)]
    others = [scope for scope in SCOPES if scope not in options]
    if others:
        assert call(rule, world, Caller(make_key(person, scopes=others))).status_code == 403


def resolves_ids_in_bodies_for_the_caller(rule: Rule, world: World) -> None:
    if rule.foreign is None:
        return
    caller = speaker(rule, world, "oskar" if "oskar" in rule.allow else min(rule.allow))
    for foreign, missing in rule.foreign(world):
        answers = [call(rule, world, caller, body=body) for body in (foreign, missing)]
        assert answers[0].status_code == answers[1].status_code, foreign
        assert answers[0].status_code in (200, 400, 403, 404, 409), foreign


def reads_without_writing(rule: Rule, world: World) -> None:
    """A GET is pure, so no other site's page can make a browser change anything. Only a key's last use is written."""
    if rule.method != "GET" or not rule.allow:
        return
    with CaptureQueriesContext(connection) as seen:
        call(rule, world, speaker(rule, world, min(rule.allow)))
    statements = [str(query["sql"]) for query in seen.captured_queries]
    writes = [sql for sql in statements if sql.upper().lstrip("(").startswith(("INSERT", "UPDATE", "DELETE", "WITH"))]
    assert [sql for sql in writes if "last_used_at" not in sql] == []
