"""Everything that can happen in the room."""

from shanhuo.people.services.accounts import (
    delete_account,
    end_all_sessions,
    release_phone,
    rename,
    reopen_account,
    suspend_account,
    turn_youth_mode_off,
    turn_youth_mode_on,
)
from shanhuo.people.services.organisations import (
    accept_invitation,
    add_member,
    become_creator,
    end_membership,
    invite,
    open_organisation,
    suspend_organisation,
    withdraw_invitation,
)
from shanhuo.people.services.sign_in import (
    SentCode,
    SignedIn,
    change_phone,
    confirm_code,
    request_code,
    sweep_codes,
)
from shanhuo.people.services.verification import (
    apply_for_organisation,
    decide_verification,
    hand_in_papers,
)

__all__ = [
    "SentCode",
    "SignedIn",
    "accept_invitation",
    "add_member",
    "apply_for_organisation",
    "become_creator",
    "change_phone",
    "confirm_code",
    "decide_verification",
    "delete_account",
    "end_all_sessions",
    "end_membership",
    "hand_in_papers",
    "invite",
    "open_organisation",
    "release_phone",
    "rename",
    "reopen_account",
    "request_code",
    "suspend_account",
    "suspend_organisation",
    "sweep_codes",
    "turn_youth_mode_off",
    "turn_youth_mode_on",
    "withdraw_invitation",
]
