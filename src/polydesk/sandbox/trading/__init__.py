"""The trading side of the sandbox exchange: the exchange core behind the venue's protocol."""
