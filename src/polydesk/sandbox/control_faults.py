"""Control of the fault script, and the log of what was asked of the exchange."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from polydesk.errors import ConfigError
from polydesk.sandbox.control_answers import Complaint, complaint
from polydesk.sandbox.faults.script import NO_FAULTS, parse_script
from polydesk.sandbox.guard import Guard


def fault_routes(guard: Guard) -> list[Route]:
    """Return the routes below ``/control`` that concern faults and requests."""
    faults, log = guard.faults, guard.log

    async def script(request: Request) -> JSONResponse:
        try:
            if request.method == "PUT":
                faults.set(parse_script(await request.body()))
            elif request.method == "DELETE":
                faults.set(NO_FAULTS)
        except ConfigError as error:
            return complaint(Complaint(str(error)))
        return JSONResponse(faults.plain())

    async def requests(request: Request) -> JSONResponse:
        text = request.query_params.get("after", "0")
        if not (text.isascii() and text.isdecimal()):
            return complaint(Complaint("after must be a sequence number."))
        return JSONResponse({"count": log.count, "requests": log.after(int(text))})

    return [
        Route("/faults", script, methods=["GET", "PUT", "DELETE"]),
        Route("/requests", requests, methods=["GET"]),
    ]
