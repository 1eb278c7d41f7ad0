"""Small dialogs: a yes-or-no question and the sentence for a terminal that is too small."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from polydesk.ui.screens.base import Dialog, desk_app
from polydesk.ui.venue_words import mode_title

MIN_WIDTH = 80
MIN_HEIGHT = 24


class Question(Dialog[bool]):
    """Ask before something that cannot be taken back; Enter alone never answers yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]
    DEFAULT_CSS = """
    Question { align: center middle; }
    Question > Vertical {
        width: 60; max-width: 90%; height: auto; max-height: 100%; padding: 1 2;
        background: $surface; border: round $frame-focus; border-title-color: $heading;
    }
    Question #choice { margin-top: 1; color: $muted; }
    Question.-low > Vertical { padding: 0 1; }
    Question.-low #choice { dock: bottom; margin-top: 0; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (MIN_HEIGHT, "-high")]  # noqa: RUF012

    def __init__(self, question: Content, yes: str) -> None:
        """Ask ``question``; ``yes`` says in a few words what the yes key does."""
        super().__init__()
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """Show the question and what each key does."""
        with Vertical() as box:
            self.entitle(box)
            yield Static(self._question, id="question")
            yield Static(
                Content.assemble(
                    ("y", "bold $key"), f" {self._yes}    ", ("n", "bold $key"), " no, go back"
                ),
                id="choice",
            )

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)


def fits(width: int, height: int) -> bool:
    """Return whether a terminal is large enough for the desk."""
    return width >= MIN_WIDTH and height >= MIN_HEIGHT


class TooSmall(Dialog[None]):
    """Say how large the terminal must be, instead of drawing something broken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "app.leave", "Quit"),
        Binding("K", "kill", "Kill"),
    ]
    DEFAULT_CSS = """
    TooSmall { align: center middle; background: $background; }
    TooSmall > Static { width: auto; max-width: 100%; height: auto; text-align: center; }
    """

    def __init__(self, size: Size) -> None:
        """Make the sentence for a terminal of ``size``."""
        super().__init__()
        self._size_told = size

    def compose(self) -> ComposeResult:
        """Show one sentence."""
        yield Static(self._sentence(), id="sentence")

    def tell(self, size: Size) -> None:
        """Keep the sentence true for another size."""
        self._size_told = size
        self.query_one("#sentence", Static).update(self._sentence())

    def _sentence(self) -> Content:
        width, height = self._size_told
        mode = mode_title(desk_app(self).source.health().mode)
        return Content(
            f"{mode}. The desk needs {MIN_WIDTH}x{MIN_HEIGHT} cells; this terminal has "
            f"{width}x{height}. Make it larger, or press q to quit, K to kill trading."
        )

    def action_kill(self) -> None:
        """Ask to latch the kill switch: it works at every size."""
        from polydesk.ui.screens.kill import ask_to_kill

        ask_to_kill(desk_app(self))
