"""Writes of inference: models, assistants, embeddings, predictions."""

from __future__ import annotations

from apps.inference.operations.adding import (
    add_http_predictor,
    add_model,
    add_tuned_decoder,
    allow_file,
    archive_model,
    forget_allowed,
    make_default,
    restore_model,
)
from apps.inference.operations.assistants import choose_assistant, start_embedding
from apps.inference.operations.embeddings import evict_embeddings, note_embedding, settle_embeddings
from apps.inference.operations.predictions import SavedItem, prediction_model, save_predictions

__all__ = [
    "SavedItem",
    "add_http_predictor",
    "add_model",
    "add_tuned_decoder",
    "allow_file",
    "archive_model",
    "choose_assistant",
    "evict_embeddings",
    "forget_allowed",
    "make_default",
    "note_embedding",
    "prediction_model",
    "restore_model",
    "save_predictions",
    "settle_embeddings",
    "start_embedding",
]
