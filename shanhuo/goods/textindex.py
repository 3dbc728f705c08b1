"""The index of words by which products are found."""

from shanhuo.kernel.textindex import TextIndex

products_by_words = TextIndex("goods_product_text")
