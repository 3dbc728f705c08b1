"""Static files under names that change with their content, compressed once, kept for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """`web/shanhuo.css` -> `web/shanhuo.3f1c….css`, with a `.gz` beside it.

    A page drawn before `collectstatic` ran (tests, development) names its files plainly.
    """

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        clean = self.clean_name(name)
        return str(self.hashed_files.get(self.hash_key(clean), clean))
