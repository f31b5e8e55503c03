"""Routes of the assistant, below ``/api/v1/``; ``apps.tasks.api.urls`` includes them."""

from __future__ import annotations

from django.urls import path

from apps.tasks.assist.views import AssistView

urlpatterns = [
    path("tasks/<uuid:task_id>/assist/", AssistView.as_view()),
]
