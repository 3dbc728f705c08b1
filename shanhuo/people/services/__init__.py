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
from shanhuo.people.services.household_imports import (
    can_undo,
    confirm_import,
    discard_import,
    forget_old_imports,
    preview_import,
    undo_import,
)
from shanhuo.people.services.households import (
    amend_household,
    change_household,
    register_household,
    reveal_household,
    withdraw_consent,
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
    "amend_household",
    "apply_for_organisation",
    "become_creator",
    "can_undo",
    "change_household",
    "change_phone",
    "confirm_code",
    "confirm_import",
    "decide_verification",
    "delete_account",
    "discard_import",
    "end_all_sessions",
    "end_membership",
    "forget_old_imports",
    "hand_in_papers",
    "invite",
    "open_organisation",
    "preview_import",
    "register_household",
    "release_phone",
    "rename",
    "reopen_account",
    "request_code",
    "reveal_household",
    "suspend_account",
    "suspend_organisation",
    "sweep_codes",
    "turn_youth_mode_off",
    "turn_youth_mode_on",
    "undo_import",
    "withdraw_consent",
    "withdraw_invitation",
]
