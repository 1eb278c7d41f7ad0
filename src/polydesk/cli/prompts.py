"""Asking for secrets, as the commands use it; the signer asks the same way."""

from __future__ import annotations

from polydesk.keys.prompts import Asker, Pipe, Terminal, asker, read_line

__all__ = ["Asker", "Pipe", "Terminal", "asker", "read_line"]
