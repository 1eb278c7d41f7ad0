"""Private keys at rest: names, stores and the passphrase that opens them.

Importing this room loads neither the system keyring nor cryptography; the modules that need
them are imported by the command that works with keys.
"""
