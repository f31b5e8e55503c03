from __future__ import annotations

from django.urls import path

from apps.accounts.api import auth, organizations

urlpatterns = [
    path("auth/api-keys/", auth.KeysView.as_view()),
    path("auth/api-keys/<uuid:key_id>/", auth.KeyView.as_view()),
    path("auth/session/", auth.SessionView.as_view()),
    path("auth/password/", auth.PasswordView.as_view()),
    path("me/", auth.MeView.as_view()),
    path("organizations/", organizations.OrganizationsView.as_view()),
    path("organizations/<uuid:organization_id>/", organizations.OrganizationView.as_view()),
    path("organizations/<uuid:organization_id>/members/", organizations.MembersView.as_view()),
    path("organizations/<uuid:organization_id>/members/<uuid:person_id>/", organizations.MemberView.as_view()),
    path("organizations/<uuid:organization_id>/invitations/", organizations.InvitationsView.as_view()),
    path(
        "organizations/<uuid:organization_id>/invitations/<uuid:invitation_id>/",
        organizations.InvitationView.as_view(),
    ),
    path("invitations/accept/", organizations.AcceptView.as_view()),
]
