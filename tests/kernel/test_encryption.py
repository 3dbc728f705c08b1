"""The database never sees personal data."""

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection

from shanhuo.kernel import encryption
from shanhuo.people.models import Household


def test_attack_37_an_encrypted_column_holds_no_trace_of_the_text(make_household) -> None:
    household = make_household(head_name="张三丰·𠮷")
    with connection.cursor() as cursor:
        cursor.execute("SELECT head_name FROM people_household WHERE id = %s", [household.pk])
        stored = cursor.fetchone()[0]
    assert "张" not in stored
    assert stored != encryption.encrypt("张三丰·𠮷")
    assert Household.objects.get(pk=household.pk).head_name == "张三丰·𠮷"


def test_an_altered_column_is_noticed() -> None:
    stored = encryption.encrypt("张三丰")
    altered = ("A" if stored[20] != "A" else "B").join([stored[:20], stored[21:]])
    with pytest.raises(InvalidTag):
        encryption.decrypt(altered)


def test_equal_texts_have_equal_hashes_within_a_purpose_only() -> None:
    assert encryption.keyed_hash("phone", "138") == encryption.keyed_hash("phone", "138")
    assert encryption.keyed_hash("phone", "138") != encryption.keyed_hash("name", "138")


def test_a_value_names_its_key_and_every_key_of_ours_opens_it(settings) -> None:
    settings.FIELD_KEYS = ["old"]
    stored = encryption.encrypt("张三丰")
    settings.FIELD_KEYS = ["new", "old"]
    assert encryption.decrypt(stored) == "张三丰"
    assert stored.startswith(encryption.name_of("old") + ".")
    assert encryption.encrypt("张三丰").startswith(encryption.name_of("new") + ".")
    settings.FIELD_KEYS = ["new"]
    with pytest.raises(InvalidTag):
        encryption.decrypt(stored)


def test_a_value_of_the_time_before_values_named_their_key_is_read(settings) -> None:
    settings.FIELD_KEYS = ["old"]
    _name, _, nameless = encryption.encrypt("张三丰").partition(".")
    settings.FIELD_KEYS = ["new", "old"]
    assert encryption.decrypt(nameless) == "张三丰"


def test_a_new_field_key_changes_no_hash(settings) -> None:
    before = encryption.keyed_hash("phone", "138")
    settings.FIELD_KEYS = ["new", *settings.FIELD_KEYS]
    assert encryption.keyed_hash("phone", "138") == before
    settings.HASH_KEY = "another"
    assert encryption.keyed_hash("phone", "138") != before
