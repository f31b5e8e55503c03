"""Routes of the assistant, below ``/api/v1/``; ``apps.tasks.api.urls`` includes them."""

from __future__ import annotations

from django.urls import path

from apps.tasks.assist.views import AssistView, FinetuneRunView, FinetunesView, FinetuneView, PrelabelView

urlpatterns = [
    path("tasks/<uuid:task_id>/assist/", AssistView.as_view()),
    path("projects/<uuid:project_id>/prelabel/", PrelabelView.as_view()),
    path("projects/<uuid:project_id>/finetune/", FinetuneView.as_view()),
    path("projects/<uuid:project_id>/finetunes/", FinetunesView.as_view()),
    path("finetunes/<uuid:run_id>/", FinetuneRunView.as_view()),
]
