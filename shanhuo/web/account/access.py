"""Who may open each account page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "account:sign_in": Access.ANYONE,
    "account:code": Access.ANYONE,
    "account:challenge": Access.ANYONE,
    "account:passkey_sign_in": Access.ANYONE,
    "account:passkey_challenge": Access.ANYONE,
    "account:sign_out": Access.ANYONE,
    "account:profile": Access.SIGNED_IN,
    "account:phone": Access.SIGNED_IN,
    "account:phone_code": Access.SIGNED_IN,
    "account:passkeys": Access.SIGNED_IN,
    "account:new_key_challenge": Access.SIGNED_IN,
    "account:sign_in_again": Access.SIGNED_IN,
    "account:rename_passkey": Access.SIGNED_IN,
    "account:remove_passkey": Access.SIGNED_IN,
    "account:end_sessions": Access.SIGNED_IN,
    "account:export": Access.SIGNED_IN,
    "account:delete": Access.SIGNED_IN,
    "account:become_creator": Access.SIGNED_IN,
    "account:organisations": Access.SIGNED_IN,
    "account:apply": Access.SIGNED_IN,
    "account:organisation": Access.SIGNED_IN,
    "account:papers": Access.SIGNED_IN,
    "account:end_membership": Access.SIGNED_IN,
    "account:document": Access.SIGNED_IN,
    "account:accept_invitation": Access.SIGNED_IN,
    "account:withdraw_invitation": Access.SIGNED_IN,
}
