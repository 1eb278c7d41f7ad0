"""polydesk: a terminal workstation for Polymarket traders."""

__version__ = "0.1.0"
