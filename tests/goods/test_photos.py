"""Photos of a product: drawn anew, ordered, gone when removed."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage

from shanhuo.goods import queries
from shanhuo.goods import services as goods
from shanhuo.kernel.images import NotAPicture
from tests.goods.conftest import picture


def files():
    try:
        folders, _names = default_storage.listdir("goods")
    except FileNotFoundError:
        return []
    return [name for folder in folders for name in default_storage.listdir(f"goods/{folder}")[1]]


def test_three_sizes_each_as_light_as_promised(draft):
    photo = goods.add_photo(product_id=draft.pk, file=picture((2000, 1500)))
    assert sorted(files()) == [
        f"{photo.name}-large.jpg",
        f"{photo.name}-large.webp",
        f"{photo.name}-small.jpg",
        f"{photo.name}-small.webp",
        f"{photo.name}-thumb.jpg",
        f"{photo.name}-thumb.webp",
    ]
    [shown] = queries.photos_of(draft)
    assert default_storage.size(shown.small) <= 16_000
    assert default_storage.size(shown.small_jpeg) <= 16_000
    assert default_storage.size(shown.thumb) <= 5_000


def test_a_broken_picture_leaves_nothing(draft):
    with pytest.raises(NotAPicture):
        goods.add_photo(product_id=draft.pk, file=BytesIO(b"<svg/>"))
    assert (files(), draft.photos.count()) == ([], 0)


def test_the_cover_can_be_chosen(draft):
    names = [goods.add_photo(product_id=draft.pk, file=picture((60, 40))).name for _n in range(3)]
    goods.make_cover(product_id=draft.pk, name=names[2])
    shown = [photo.name for photo in queries.photos_of(draft)]
    assert shown == [names[2], names[0], names[1]]


def test_a_removed_photo_takes_its_files_along(draft, django_capture_on_commit_callbacks):
    photo = goods.add_photo(product_id=draft.pk, file=picture((60, 40)))
    with django_capture_on_commit_callbacks(execute=True):
        goods.remove_photo(product_id=draft.pk, name=photo.name)
        goods.remove_photo(product_id=draft.pk, name="../../secret")
    assert (files(), draft.photos.count()) == ([], 0)


def test_a_tenth_photo_is_refused(draft):
    for _number in range(9):
        goods.add_photo(product_id=draft.pk, file=picture((60, 40)))
    with pytest.raises(goods.TooManyPhotos):
        goods.add_photo(product_id=draft.pk, file=picture((60, 40)))
    assert len(files()) == 54
