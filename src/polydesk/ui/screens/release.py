"""The dialog that releases the kill switch: it needs a word, not a key."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from polydesk.ui.screens.base import Dialog, desk_app
from polydesk.views.models import Mode

RELEASE_WORD = "RELEASE"
SIGNER_STAYS_SHUT = "The signer stays shut until the desk is started again: nothing is sent before."
"""What a kill means where orders are signed, also after its release."""


class ReleaseKillDialog(Dialog[str]):
    """Return what was typed once it is the word, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Go back")]
    CSS_PATH = "desk.tcss"

    def compose(self) -> ComposeResult:
        """Ask for the word."""
        with Vertical(id="release") as box:
            self.entitle(box)
            yield Static(Content(f"Type {RELEASE_WORD} and press Enter to allow new orders again."))
            if desk_app(self).source.health().mode is Mode.LIVE:
                yield Static(Content.styled(SIGNER_STAYS_SHUT, "$stale"), id="signer-words")
            yield Input(max_length=len(RELEASE_WORD), id="release-word")
            yield Static(Content.styled("Esc goes back; the kill switch stays on.", "$muted"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the word; anything else stays open."""
        if event.value == RELEASE_WORD:
            self.dismiss(event.value)

    def action_close(self) -> None:
        """Keep the kill switch on."""
        self.dismiss(None)
