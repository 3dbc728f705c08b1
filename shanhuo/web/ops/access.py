"""Who may open each ops page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "ops:home": Access.OPERATOR | Access.AUDITOR,
    "ops:examinations": Access.OPERATOR | Access.AUDITOR,
    "ops:examination": Access.OPERATOR | Access.AUDITOR,
    "ops:examination_new": Access.AUDITOR,
    "ops:examination_sign": Access.AUDITOR,
    "ops:examination_object": Access.AUDITOR,
    "ops:ranker": Access.OPERATOR | Access.AUDITOR,
    "ops:ranker_train": Access.OPERATOR,
    "ops:ranker_roll_back": Access.OPERATOR,
    "ops:verifications": Access.OPERATOR,
    "ops:verification": Access.OPERATOR,
    "ops:people": Access.OPERATOR,
    "ops:account": Access.OPERATOR,
    "ops:account_suspend": Access.OPERATOR,
    "ops:account_reopen": Access.OPERATOR,
    "ops:account_release": Access.OPERATOR,
    "ops:organisations": Access.OPERATOR,
    "ops:organisation_suspend": Access.OPERATOR,
}
