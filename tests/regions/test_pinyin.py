from shanhuo.regions import pinyin


def test_a_name_is_spelled_in_full_and_by_initials() -> None:
    assert pinyin.keys_of("巫山县") == ["wushanxian", "wsx"]


def test_a_character_with_two_readings_is_found_by_both() -> None:
    assert {"danxian", "shanxian"} <= set(pinyin.keys_of("单县"))
    assert {"changyang", "zhangyang"} <= set(pinyin.keys_of("长阳"))


def test_u_with_two_dots_is_typed_as_v_or_as_u() -> None:
    assert {"lvchunxian", "luchunxian"} <= set(pinyin.keys_of("绿春县"))


def test_what_is_typed_loses_spaces_hyphens_case_and_tones() -> None:
    assert pinyin.typed("Wú-Shān ") == "wushan"
    assert pinyin.typed("巫山") == ""
