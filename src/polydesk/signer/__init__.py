"""The only place where a private key or an API secret exists: processes of their own.

``python -m polydesk.signer`` holds the key and has no network; ``python -m polydesk.signer.line``
holds the user socket, whose subscription carries the API secret. The desk talks to both over pipes
through ``client`` and ``line_client``; nothing secret comes back.
"""
