"""Photos of a product: re-encoded, ordered, removed."""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image

from shanhuo.goods.models import Product, ProductPhoto
from shanhuo.goods.photos import EXTENSIONS, SIZES, Size, path_of
from shanhuo.kernel import ids, images
from shanhuo.kernel.errors import Refusal

MOST_PHOTOS = 9


class TooManyPhotos(Refusal):
    code = "too_many_photos"
    message = _("A product shows at most %(most)s photos. Remove one first.")


def add_photo(*, product_id: int, file: images.Readable) -> ProductPhoto:
    """Store a picture in three sizes and two formats; the last place in the row is its own.

    Raises NotAPicture, PictureTooLarge, TooManyPhotos; then no file is left behind.
    """
    picture = images.open_picture(file)
    name = ids.new_public_id()
    with transaction.atomic():
        # The product's lock: two uploads at once do not take the same position.
        Product.objects.select_for_update(no_key=True).get(pk=product_id)
        positions = ProductPhoto.objects.filter(product_id=product_id).values_list(
            "position", flat=True
        )
        if len(positions) >= MOST_PHOTOS:
            raise TooManyPhotos(most=MOST_PHOTOS)
        for size in SIZES:
            _store(name, size, picture)
        return ProductPhoto.objects.create(
            product_id=product_id,
            position=max(positions, default=0) + 1,
            name=name,
            width=picture.width,
            height=picture.height,
        )


@transaction.atomic
def make_cover(*, product_id: int, name: str) -> None:
    """Put a photo first."""
    photo = ProductPhoto.objects.select_for_update(no_key=True).get(
        product_id=product_id, name=name
    )
    others = ProductPhoto.objects.filter(product_id=product_id).exclude(pk=photo.pk)
    ordered = [photo, *others]
    offset = max(other.position for other in ordered)
    # Free positions first: the unique constraint looks at every row as it is written.
    for place, each in enumerate(ordered, start=offset + 1):
        ProductPhoto.objects.filter(pk=each.pk).update(position=place)


@transaction.atomic
def remove_photo(*, product_id: int, name: str) -> None:
    """Forget a photo; its files go when the transaction is safe. Unknown names change nothing."""
    removed, _rows = ProductPhoto.objects.filter(product_id=product_id, name=name).delete()
    if removed:
        transaction.on_commit(lambda: _delete_files(name))


def _store(name: str, size: Size, picture: Image.Image) -> None:
    for rendition in images.renditions(picture, longest=size.longest, most_bytes=size.most_bytes):
        default_storage.save(
            path_of(name, size, rendition.extension), ContentFile(rendition.content)
        )


def _delete_files(name: str) -> None:
    for size in SIZES:
        for extension in EXTENSIONS:
            default_storage.delete(path_of(name, size, extension))
