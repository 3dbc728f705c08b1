"""The telephone numbers of the story's people: ranges that belong to nobody."""

PHONES = {
    "op": "17000000001",
    "wang": "17000000002",
    "lin": "17000000003",
    "zhao": "17000000004",
    "mei": "17000000005",
    "audit": "17000000006",
    "yang": "17000000007",
}
