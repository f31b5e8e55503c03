"""The only way to a dataset, a data unit or a storage root for a person."""

from __future__ import annotations

from uuid import UUID

from apps.accounts.policies import MANAGERS, organization_role
from apps.accounts.principal import Principal
from apps.common.errors import Forbidden, NotFound
from apps.datasets.models import Dataset, DataUnit, Storage
from apps.datasets.queries import datasets_of, storages_of


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


def get_storage_for(principal: Principal, storage_id: UUID, *, organization_id: UUID) -> Storage:
    """A storage root that data of the organization may come from. Raises NotFound."""
    found = storages_of(principal).filter(pk=storage_id).first()
    if found is None or found.organization_id not in (None, organization_id):
        raise NotFound
    return found


def require_instance_admin(principal: Principal) -> None:
    """Raises Forbidden for everybody but the instance's admin (whose key, if any, is not limited to a project)."""
    if not principal.user.is_superuser or principal.project_id is not None:
        raise Forbidden("Only the admin of this instance may do this.")
