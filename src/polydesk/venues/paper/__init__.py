"""The paper venue: orders against the live or recorded book, without money."""

from polydesk.venues.paper.orders import Bracket, OpenOrder
from polydesk.venues.paper.venue import PaperVenue
from polydesk.venues.simulation.latency import LatencyModel

__all__ = ["Bracket", "LatencyModel", "OpenOrder", "PaperVenue"]
