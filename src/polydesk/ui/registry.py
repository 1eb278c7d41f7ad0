"""Every command of the desk in one place."""

from __future__ import annotations

from polydesk.ui.app_commands import APP_COMMANDS
from polydesk.ui.commands import CommandSpec, Scope
from polydesk.ui.list_commands import LIST_COMMANDS
from polydesk.ui.screens.desk_commands import DESK_COMMANDS, ORDER_COMMANDS
from polydesk.ui.screens.feed_commands import FEED_COMMANDS
from polydesk.ui.screens.health_commands import HEALTH_COMMANDS
from polydesk.ui.screens.markets_commands import MARKETS_COMMANDS
from polydesk.ui.screens.orders_commands import ORDERS_COMMANDS, REPORT_COMMANDS
from polydesk.ui.screens.portfolio_commands import PORTFOLIO_COMMANDS

ALL_COMMANDS: tuple[CommandSpec, ...] = (
    *APP_COMMANDS,
    *DESK_COMMANDS,
    *ORDER_COMMANDS,
    *MARKETS_COMMANDS,
    *FEED_COMMANDS,
    *PORTFOLIO_COMMANDS,
    *ORDERS_COMMANDS,
    *REPORT_COMMANDS,
    *HEALTH_COMMANDS,
    *LIST_COMMANDS,
)


def commands_of(scope: Scope) -> tuple[CommandSpec, ...]:
    """Return the commands of one scope in their order."""
    return tuple(spec for spec in ALL_COMMANDS if spec.scope is scope)


LIST_SCOPES = frozenset({Scope.MARKETS, Scope.FEED, Scope.PORTFOLIO, Scope.ORDERS})
"""Screens made of lists."""


def help_commands(scope: Scope) -> tuple[CommandSpec, ...]:
    """Return every command whose key works on one screen: its own first."""
    lists = commands_of(Scope.LIST) if scope in LIST_SCOPES else ()
    ticket = commands_of(Scope.ORDER) if scope is Scope.DESK else ()
    report = commands_of(Scope.REPORT) if scope is Scope.ORDERS else ()
    return (*commands_of(scope), *ticket, *report, *lists, *commands_of(Scope.APP))


def palette_commands(scope: Scope) -> tuple[CommandSpec, ...]:
    """Return the commands the palette offers on one screen."""
    return tuple(spec for spec in help_commands(scope) if spec.palette)
