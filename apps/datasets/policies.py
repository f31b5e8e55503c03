"""The only way to a dataset, a data unit or a storage root for a person."""

from __future__ import annotations

from uuid import UUID

from apps.accounts.policies import MANAGERS, organization_role
from apps.accounts.principal import Principal
from apps.common.errors import Forbidden, NotFound
from apps.datasets.models import Dataset, DataUnit
from apps.datasets.queries import datasets_of


def get_dataset_for(principal: Principal, dataset_id: UUID, *, manage: bool = False) -> Dataset:
    """The dataset, if the caller may read it (``manage``: add to it and change it). Raises NotFound, Forbidden."""
    found = datasets_of(principal).select_related("organization").filter(pk=dataset_id).first()
    if found is None:
        raise NotFound
    if manage:
        _require_manager(principal, found)
    return found


def get_data_unit_for(principal: Principal, data_unit_id: UUID, *, manage: bool = False) -> DataUnit:
    """The data unit, if the caller may read its dataset. Raises NotFound, Forbidden."""
    found = (
        DataUnit.objects.select_related("dataset").filter(pk=data_unit_id, dataset__in=datasets_of(principal)).first()
    )
    if found is None:
        raise NotFound
    if manage:
        _require_manager(principal, found.dataset)
    return found


def _require_manager(principal: Principal, dataset: Dataset) -> None:
    if organization_role(principal, dataset.organization_id) not in MANAGERS:
        raise Forbidden("Datasets are changed by the organization's managers.")
