"""A payment company for demonstrations: its own process, database, keys and pay page.

No real money moves. It imports nothing of the platform; the two speak HTTP, as with a real company.
"""
