"""What the routes below ``/control`` share: reading a command, saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse

from polydesk.sandbox.forms import BadForm, read_form

Form = TypeVar("Form")
Handler = Callable[[Request], Awaitable[JSONResponse]]


class Complaint(Exception):
    """A command that cannot be carried out, in one sentence."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def posted(form: type[Form], act: Callable[[Form], dict[str, Any]]) -> Handler:
    """Return a handler that reads a JSON body, acts, and answers with what that returns."""

    async def handle(request: Request) -> JSONResponse:
        try:
            return JSONResponse(act(read_form(await request.body() or b"{}", form)))
        except BadForm as error:
            return complaint(Complaint(f"Cannot do that: {error}."))
        except Complaint as error:
            return complaint(error)

    return handle


def complaint(error: Complaint) -> JSONResponse:
    """Return the answer to a command that cannot be carried out."""
    return JSONResponse({"error": str(error)}, error.status)
