from __future__ import annotations

from django.urls import path

from apps.jobs.api import views

urlpatterns = [
    path("jobs/", views.JobsView.as_view()),
    path("jobs/<uuid:job_id>/", views.JobView.as_view()),
    path("jobs/<uuid:job_id>/cancel/", views.CancelView.as_view()),
]
