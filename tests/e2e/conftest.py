"""The TypeScript clients' tests are collected where those clients are installed."""

from __future__ import annotations

from tests.e2e import node_sdk

collect_ignore = [] if node_sdk.modules() is not None else ["test_sdk_node.py"]
