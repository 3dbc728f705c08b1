"""Every text of every room and page area exists in Chinese."""

import pytest
from django.core.management import CommandError, call_command

from shanhuo.console import catalogues


@pytest.mark.parametrize("shelf", catalogues.shelves(), ids=lambda shelf: shelf.name)
def test_every_text_is_translated(shelf):
    assert catalogues.problems(shelf) == []


def test_no_text_is_translated_in_two_ways():
    assert catalogues.clashes() == []


def test_two_translations_of_one_text_are_found_unless_a_context_parts_them(tmp_path, monkeypatch):
    words = {
        "orders": [("Goods", None, "商品"), ("From", "a day", "从")],
        "shop": [("Goods", None, "山货"), ("From", None, "来自")],
    }
    shelves = [catalogues.Shelf(name, (), tmp_path / name) for name in words]
    for shelf in shelves:
        catalogue = catalogues.committed(shelf)
        for text, context, chinese in words[shelf.name]:
            catalogue.add(text, chinese, context=context)
        catalogues.write(shelf, catalogue)
    monkeypatch.setattr(catalogues, "shelves", lambda: shelves)
    assert catalogues.clashes() == ["translated in two ways: 'Goods': 商品 (orders); 山货 (shop)"]


def test_a_text_of_a_template_and_of_a_program_are_found_with_their_context(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    (tmp_path / "page.html").write_text(
        '<div>\n    {% translate "Plums" context "fruit" %}{% blocktranslate count n=n %}'
        "one{% plural %}many{% endblocktranslate %}\n</div>"
    )
    (tmp_path / "words.py").write_text('title = _("Basket")\n')
    sources = (tmp_path / "page.html", tmp_path / "words.py")
    found = catalogues.extracted(catalogues.Shelf("x", sources, tmp_path / "locale"))
    texts = {(message.id, message.context) for message in found if message.id}
    assert texts == {("Plums", "fruit"), (("one", "many"), None), ("Basket", None)}


def test_a_compiled_catalogue_speaks(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    (tmp_path / "words.py").write_text('title = _("Basket")\n')
    shelf = catalogues.Shelf("x", (tmp_path / "words.py",), tmp_path / "locale")
    catalogues.update(shelf)
    text = shelf.po.read_text().replace('msgstr ""\n', 'msgstr "购物篮"\n')
    shelf.po.write_text(text.replace('msgstr "购物篮"\n"', 'msgstr ""\n"'))
    monkeypatch.setattr(catalogues, "shelves", lambda: [shelf])
    assert catalogues.compile_all() == 1
    assert catalogues.compile_all() == 0
    assert catalogues.problems(shelf) == []
    assert "购物篮".encode() in shelf.mo.read_bytes()


def test_a_shelf_that_does_not_exist_is_not_called_translated():
    with pytest.raises(CommandError, match="no shelf county; there are"):
        call_command("messages", "county", "--check")
