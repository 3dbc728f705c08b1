"""Everything done to bytes: nothing here knows of posts, people or the database."""
