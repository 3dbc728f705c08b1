"""The JSON API: everything the pages can do, for programs. Address `/api/`, docs at `/api/docs`.

One module per room, each with a `router`; `main` finds and mounts them. `access` says whom each
operation serves; `errors` says how a refusal looks.
"""
