"""The trading side of a simulated exchange: matching, settlement and resolution."""

from polydesk.venues.simulation.exchange.core import ExchangeCore
from polydesk.venues.simulation.exchange.orders import NewOrder
from polydesk.venues.simulation.exchange.state import Settings

__all__ = ["ExchangeCore", "NewOrder", "Settings"]
