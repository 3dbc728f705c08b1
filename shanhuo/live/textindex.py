"""By which words answers are found."""

from shanhuo.kernel.textindex import TextIndex

ANSWER_TEXT = TextIndex("live_answer_text")
