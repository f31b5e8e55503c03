"""The forms about models: a file that is trusted, and the upload of one."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.inference.logic.versions import is_digest
from apps.inference.models import ModelKind


class AllowForm(forms.Form):
    """The digest of a file that may be opened when somebody uploads it."""

    sha256 = forms.CharField(label="SHA-256", max_length=64, widget=UnfoldAdminTextInputWidget)
    note = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)

    def clean_sha256(self) -> str:
        digest = str(self.cleaned_data["sha256"]).strip().lower()
        if not is_digest(digest):
            raise forms.ValidationError("A SHA-256 is 64 hexadecimal digits.")
        return digest


class UploadForm(forms.Form):
    """A model's file."""

    name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)
    kind = forms.ChoiceField(choices=ModelKind.choices, widget=UnfoldAdminSelectWidget)
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget)
    config = forms.JSONField(
        label="Contract (JSON; predictors and embedders)",
        required=False,
        initial=dict,
        widget=UnfoldAdminTextareaWidget,
    )
    default = forms.BooleanField(
        label="The segmenter of projects that choose none", required=False, widget=UnfoldBooleanWidget
    )

    def clean_config(self) -> dict[str, Any]:
        found = self.cleaned_data["config"] or {}
        if not isinstance(found, dict):
            raise forms.ValidationError("The contract is a JSON object.")
        return found
