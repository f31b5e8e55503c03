"""Checkpoints: every size read back from the weights, and nothing run, opened or believed of what is none."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from apps.inference.service.sam import loading
from apps.inference.service.sam.dimensions import PUBLISHED, Shapes, family, read_dimensions
from apps.inference.service.sam.trouble import DamagedFile, ModelMissing, ModelTrouble, NoTorch, UnsafeFile, WrongFamily
from apps.inference.wire import Family
from tests.inference.sam_models import build_sam, save_sam, sha256_of


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.witness),)


@pytest.fixture(scope="module")
def sam() -> Any:
    return build_sam()


@pytest.fixture
def weights(sam: Any) -> dict[str, torch.Tensor]:
    return dict(sam.state_dict())


def saved(content: object, to: Path) -> Path:
    torch.save(content, to)
    return to


def test_model_comes_back_as_it_was_saved(sam: Any, tmp_path: Path) -> None:
    digest = save_sam(sam, tmp_path / "sam.pth")
    loaded = loading.load(tmp_path / "sam.pth", digest)
    assert loaded.family == "sam_small"
    assert (loaded.dimensions.image_size, loaded.dimensions.window, loaded.dimensions.whole) == (64, 3, (2,))
    image = torch.rand(1, 3, 64, 64)
    assert torch.equal(loaded.sam.image_encoder(image), sam.image_encoder(image))
    assert torch.equal(loaded.sam.preprocess(image * 255), sam.preprocess(image * 255))


@pytest.mark.parametrize("name", ["vit_b", "vit_l", "vit_h"])
def test_published_family_is_known_by_its_shapes(name: Family) -> None:
    sam = loading.build(PUBLISHED[name])
    shapes: Shapes = {key: tuple(tensor.shape) for key, tensor in sam.state_dict().items()}
    assert read_dimensions(shapes) == PUBLISHED[name]
    assert family(read_dimensions(shapes)) == name


def test_published_sizes_are_the_librarys() -> None:
    """Of the smallest; the three differ in four numbers."""
    from segment_anything import sam_model_registry

    with torch.device("meta"):
        theirs = sam_model_registry["vit_b"]()
    ours = loading.build(PUBLISHED["vit_b"])
    assert {k: v.shape for k, v in ours.state_dict().items()} == {k: v.shape for k, v in theirs.state_dict().items()}
    assert [block.window_size for block in ours.image_encoder.blocks] == [
        block.window_size for block in theirs.image_encoder.blocks
    ]
    heads = [layer.self_attn.num_heads for layer in theirs.mask_decoder.transformer.layers]
    assert [layer.self_attn.num_heads for layer in ours.mask_decoder.transformer.layers] == heads


def test_half_precision_is_read_as_full(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = saved({name: tensor.half() for name, tensor in weights.items()}, tmp_path / "half.pth")
    assert {parameter.dtype for parameter in loading.load(path).sam.parameters()} == {torch.float32}


def test_facts_of_a_checkpoint(sam: Any, tmp_path: Path) -> None:
    save_sam(sam, tmp_path / "sam.pth")
    answer = loading.inspect(tmp_path / "sam.pth")
    count = sum(parameter.numel() for parameter in sam.parameters())
    assert answer.family == "sam_small"
    assert answer.facts == {"image_size": 64, "embedding": (32, 8, 8), "parameters": count}


def zip_with_payload(path: Path, witness: Path, weights: dict[str, torch.Tensor]) -> None:
    torch.save({**weights, "extra": Payload(witness)}, path)


def bare_pickle(path: Path, witness: Path, weights: dict[str, torch.Tensor]) -> None:
    path.write_bytes(pickle.dumps(Payload(witness)))


def old_format(path: Path, witness: Path, weights: dict[str, torch.Tensor]) -> None:
    torch.save({**weights, "extra": Payload(witness)}, path, _use_new_zipfile_serialization=False)


def script(path: Path, witness: Path, weights: dict[str, torch.Tensor]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sam/data.pkl", pickle.dumps(Payload(witness), protocol=2))
        archive.writestr("sam/constants.pkl", pickle.dumps(Payload(witness), protocol=2))
        archive.writestr("sam/code/__torch__.py", "raise SystemExit")


def payload_in_storage(path: Path, witness: Path, weights: dict[str, torch.Tensor]) -> None:
    """A zip that torch.save did not write."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sam/data.pkl", pickle.dumps({"a": Payload(witness)}, protocol=2))
        archive.writestr("sam/version", "3\n")


@pytest.mark.parametrize("make", [zip_with_payload, bare_pickle, old_format, script, payload_in_storage])
def test_payload_is_never_run(make: Any, weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    witness, path = tmp_path / "witness", tmp_path / "evil.pth"
    make(path, witness, weights)
    with pytest.raises(UnsafeFile):
        loading.load(path, sha256_of(path))
    assert not witness.exists()


def test_payload_would_have_run(tmp_path: Path) -> None:
    """The witness of the test above is a real one."""
    pickle.loads(pickle.dumps(Payload(tmp_path / "witness")))  # noqa: S301
    assert (tmp_path / "witness").exists()


def cut(path: Path, sam: Any) -> None:
    save_sam(sam, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def old_tar(path: Path, sam: Any) -> None:
    with tarfile.open(path, "w") as archive:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())


def empty(path: Path, sam: Any) -> None:
    path.write_bytes(b"")


def deflated(path: Path, sam: Any) -> None:
    """As a bomb would be."""
    save_sam(sam, path)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in content.items():
            archive.writestr(name, value)


def without_numbers(path: Path, sam: Any) -> None:
    """The table of a checkpoint whose numbers are gone."""
    save_sam(sam, path)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist() if "/data/" not in name}
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in content.items():
            archive.writestr(name, value)


def claims_more_than_it_has(path: Path, sam: Any) -> None:
    torch.save({"image_encoder.pos_embed": torch.zeros(1).expand(1, 4096, 4096, 768)}, path)


@pytest.mark.parametrize("make", [cut, old_tar, empty, deflated, without_numbers, claims_more_than_it_has])
def test_damaged_file_is_refused(make: Any, sam: Any, tmp_path: Path) -> None:
    make(tmp_path / "sam.pth", sam)
    with pytest.raises(DamagedFile):
        loading.load(tmp_path / "sam.pth")


def without_one(weights: dict[str, Any]) -> object:
    return {name: tensor for name, tensor in weights.items() if name != "mask_decoder.iou_token.weight"}


def one_more(weights: dict[str, Any]) -> object:
    return {**weights, "mask_decoder.hf_token.weight": torch.zeros(1, 32)}


def wrapped(weights: dict[str, Any]) -> object:
    return {"model": weights, "epoch": 3}


def a_list(weights: dict[str, Any]) -> object:
    return list(weights.values())


def other_shape(weights: dict[str, Any]) -> object:
    return {**weights, "mask_decoder.iou_token.weight": torch.zeros(1, 48)}


def whole_numbers(weights: dict[str, Any]) -> object:
    return {name: tensor.to(torch.int8) for name, tensor in weights.items()}


def sparse(weights: dict[str, Any]) -> object:
    name = "mask_decoder.iou_token.weight"
    return {**weights, name: weights[name].to_sparse()}


def odd_windows(weights: dict[str, Any]) -> object:
    return {**weights, "image_encoder.blocks.0.attn.rel_pos_h": torch.zeros(7, 16)}


def odd_heads(weights: dict[str, Any]) -> object:
    tables = {name: torch.zeros(len(tensor), 7) for name, tensor in weights.items() if ".rel_pos_" in name}
    return {**weights, **tables}


def another_model(weights: dict[str, Any]) -> object:
    return dict(torch.nn.Linear(3, 4).state_dict())


WRONG = [without_one, one_more, wrapped, a_list, other_shape, whole_numbers, sparse, odd_windows, odd_heads]


@pytest.mark.parametrize("change", [*WRONG, another_model])
def test_other_weights_are_refused(change: Any, weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = saved(change(weights), tmp_path / "other.pth")
    with pytest.raises(WrongFamily):
        loading.load(path)


def test_file_must_be_the_one_named(sam: Any, tmp_path: Path) -> None:
    save_sam(sam, tmp_path / "sam.pth")
    with pytest.raises(DamagedFile):
        loading.load(tmp_path / "sam.pth", "0" * 64)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        loading.load(tmp_path / "sam.pth")


@pytest.mark.parametrize("version", ["2.9.1", "1.13.0+cpu"])
def test_old_torch_opens_nothing(version: str, sam: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_sam(sam, tmp_path / "sam.pth")
    monkeypatch.setattr(torch, "__version__", version)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(NoTorch):
        loading.load(tmp_path / "sam.pth")


@pytest.mark.parametrize("prefix", ["", "mask_decoder."])
def test_tuned_decoder_replaces_the_bases(prefix: str, sam: Any, tmp_path: Path) -> None:
    tuned = build_sam(seed=1).mask_decoder.state_dict()
    path = saved({prefix + name: tensor for name, tensor in tuned.items()}, tmp_path / "decoder.pt")
    save_sam(sam, tmp_path / "sam.pth")
    loaded = loading.load(tmp_path / "sam.pth").sam
    loading.load_decoder(loaded, path, sha256_of(path))
    assert all(torch.equal(tensor, tuned[name]) for name, tensor in loaded.mask_decoder.state_dict().items())
    base = sam.prompt_encoder.state_dict()
    assert all(torch.equal(tensor, base[name]) for name, tensor in loaded.prompt_encoder.state_dict().items())


@pytest.mark.parametrize("content", ["other size", "payload"])
def test_decoder_that_does_not_fit_changes_nothing(content: str, sam: Any, tmp_path: Path) -> None:
    wider = build_sam(channels=64).mask_decoder.state_dict()
    path = saved(wider if content == "other size" else Payload(tmp_path / "witness"), tmp_path / "decoder.pt")
    save_sam(sam, tmp_path / "sam.pth")
    loaded = loading.load(tmp_path / "sam.pth").sam
    with pytest.raises(ModelTrouble) as caught:
        loading.load_decoder(loaded, path)
    assert caught.value.code == ("wrong_family" if content == "other size" else "unsafe_file")
    assert not (tmp_path / "witness").exists()
    before = sam.mask_decoder.state_dict()
    assert all(torch.equal(tensor, before[name]) for name, tensor in loaded.mask_decoder.state_dict().items())
