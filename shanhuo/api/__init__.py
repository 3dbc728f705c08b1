"""The JSON API: everything the pages can do, for programs. Address `/api/`, docs at `/api/docs`.

Modules with a `router`, named after their room; `main` finds and mounts them, and shows refusals.
Each says beside its operations whom they serve; `access` gathers that into one table.
"""
