"""The base of every page of the console: reading is free, writing is an operation's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.common.errors import DomainError

M = TypeVar("M", bound=Model)
COUNTED = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg] # generic in the stubs only
    """Counts no further than the first ten thousand rows: nothing here may grow with a project."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED].count())


class Reading(ModelAdmin):  # type: ignore[misc] # unfold ships no types
    """Shows rows and changes none. A page that may do something lists ``actions``."""

    paginator = CappedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = None
    secret: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What must not be seen even here: passwords, digests, keys of draws."""
        return self.secret


def each(request: HttpRequest, rows: Iterable[M], act: Callable[[M], object], done: str) -> None:
    """Carries ``act`` out on every row; a refused one is told and stops no other."""
    worked = 0
    for row in rows:
        try:
            act(row)
        except DomainError as error:
            messages.error(request, f"{row}: {error.detail}")
        else:
            worked += 1
    if worked:
        messages.success(request, f"{worked} {done}.")
