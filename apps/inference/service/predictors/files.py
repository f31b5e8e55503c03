"""Opening a stranger's ONNX file: it may name other files and other code, so it is read before it is run.

Nothing beside the file itself is ever read: weights outside of it are refused, and the runtime gets bytes, not a path.
Operators come from the runtime alone; none are loaded from libraries.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.inference.service.refusals import Refusal

if TYPE_CHECKING:
    import onnx
    import onnxruntime

MOST_BYTES = 2**31 - 2**20
"""A protobuf message is smaller than 2 GiB; larger models keep their weights outside, which is refused."""

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Those whose operators the runtime brings along."""

FILE_READERS = frozenset({"EPContext"})
"""Operators that open files by a name that the model gives."""


class NoRuntime(Exception):
    """ONNX models cannot be run here."""

    code = "no_onnx"

    def __init__(self, package: str) -> None:
        self.detail = f"This model needs {package}, which is not installed here."
        super().__init__(self.detail)


def need_runtime() -> None:
    """Raises NoRuntime."""
    for package in ("onnx", "onnxruntime"):
        if importlib.util.find_spec(package) is None:
            raise NoRuntime(package)


def read_model(path: Path) -> tuple[bytes, onnx.ModelProto]:
    """The file's bytes, and what they say. Raises Refusal ``damaged_file`` or ``unsafe_file``; nothing was run."""
    need_runtime()
    import onnx

    if path.stat().st_size > MOST_BYTES:
        raise Refusal("damaged_file", "The file is larger than one ONNX file can be.")
    content = path.read_bytes()
    try:
        model = onnx.load_model_from_string(content)
    except Exception:  # noqa: BLE001 - protobuf's errors differ by its implementation
        raise Refusal("damaged_file", "This is not an ONNX file, or not a whole one.") from None
    if not model.HasField("graph") or not model.graph.output or not model.opset_import:
        raise Refusal("damaged_file", "This is not an ONNX file, or not a whole one.")
    _refuse_unsafe(model)
    return content, model


def _refuse_unsafe(model: onnx.ModelProto) -> None:
    import onnx

    own = {function.domain for function in model.functions}
    for message in _messages(model):
        if isinstance(message, onnx.TensorProto):
            if message.data_location == onnx.TensorProto.EXTERNAL or message.external_data:
                raise Refusal("unsafe_file", "The model's weights lie in other files. Save it as one file.")
        elif isinstance(message, onnx.NodeProto):
            if message.op_type in FILE_READERS:
                raise Refusal("unsafe_file", f"The model has an operator that opens files: {message.op_type}.")
            if message.domain not in DOMAINS | own:
                name = f"{message.domain}::{message.op_type}"
                raise Refusal("bad_model", f"The model needs an operator that is not known here: {name[:200]}.")


def _messages(root: Any) -> Iterator[Any]:
    """Every message within a message, however deep; the numbers of tensors are passed over."""
    waiting = [root]
    while waiting:
        message = waiting.pop()
        yield message
        for field, value in message.ListFields():
            if field.message_type is None:
                continue
            # Fields of messages are one or many; none of ONNX's is a map.
            waiting += [value] if hasattr(value, "ListFields") else list(value)


def open_session(content: bytes) -> onnxruntime.InferenceSession:
    """Raises Refusal ``bad_model``."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    providers = [name for name in wanted if name in onnxruntime.get_available_providers()]
    try:
        return onnxruntime.InferenceSession(content, options, providers=providers)
    except Exception as error:  # noqa: BLE001 - the runtime's exceptions have no base of their own
        raise Refusal("bad_model", f"The runtime does not take this model: {brief(error)}") from None


def brief(error: Exception) -> str:
    """The runtime's words without its source files; one line."""
    return " ".join(str(error).split())[:500]
