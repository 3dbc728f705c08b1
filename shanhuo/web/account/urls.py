"""Addresses of the account pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.account.views import organisations, passkeys, profile, sign_in

app_name = "account"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-in/code", sign_in.code, name="code"),
    path("sign-in/challenge", sign_in.challenge, name="challenge"),
    path("sign-in/passkey", passkeys.sign_in, name="passkey_sign_in"),
    path("sign-in/passkey/challenge", passkeys.challenge, name="passkey_challenge"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("", profile.profile, name="profile"),
    path("phone", profile.phone, name="phone"),
    path("phone/code", profile.phone_code, name="phone_code"),
    path("passkeys", passkeys.passkeys, name="passkeys"),
    path("passkeys/challenge", passkeys.new_key_challenge, name="new_key_challenge"),
    path("passkeys/again", passkeys.sign_in_again, name="sign_in_again"),
    path("passkeys/<slug:public_id>/name", passkeys.rename_passkey, name="rename_passkey"),
    path("passkeys/<slug:public_id>/remove", passkeys.remove_passkey, name="remove_passkey"),
    path("sessions/end", profile.end_sessions, name="end_sessions"),
    path("data", profile.export, name="export"),
    path("delete", profile.delete, name="delete"),
    path("creator", organisations.become_creator, name="become_creator"),
    path("organisations", organisations.organisations, name="organisations"),
    path("organisations/apply", organisations.apply, name="apply"),
    path("organisations/<slug:public_id>", organisations.organisation, name="organisation"),
    path("organisations/<slug:public_id>/papers", organisations.papers, name="papers"),
    path(
        "organisations/<slug:public_id>/members/<slug:member_id>/end",
        organisations.end_membership,
        name="end_membership",
    ),
    path("papers/<slug:public_id>", organisations.document, name="document"),
    path(
        "invitations/<slug:public_id>/accept",
        organisations.accept_invitation,
        name="accept_invitation",
    ),
    path(
        "invitations/<slug:public_id>/withdraw",
        organisations.withdraw_invitation,
        name="withdraw_invitation",
    ),
]
