"""What a benchmark says: a figure, its baseline of the same run, and the budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spec:
    """One figure: what is measured and what it is held against."""

    name: str
    unit: str
    baseline_name: str
    higher_is_better: bool = False
    budget: float | None = None
    """The product's own limit in ``unit``; None when it states none."""
    note: str = ""

    def result(self, value: float, baseline: float, note: str = "") -> Result:
        """Return the measured result."""
        return Result(self, value, baseline, note or self.note)


@dataclass(frozen=True, slots=True)
class Result:
    """One measured figure beside its baseline."""

    spec: Spec
    value: float
    baseline: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times better than the baseline."""
        better, worse = self.value, self.baseline
        if not self.spec.higher_is_better:
            better, worse = worse, better
        return better / worse

    @property
    def within(self) -> bool | None:
        """Whether the budget is kept; None without one."""
        budget = self.spec.budget
        if budget is None:
            return None
        value = rounded(self.value)
        return value >= budget if self.spec.higher_is_better else value <= budget

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain values."""
        spec = self.spec
        row: dict[str, Any] = {
            "name": spec.name,
            "value": rounded(self.value),
            "unit": spec.unit,
            "baseline_name": spec.baseline_name,
            "baseline": rounded(self.baseline),
            "ratio": rounded(self.ratio),
        }
        if spec.budget is not None:
            row["budget"] = spec.budget
            row["within"] = self.within
        if self.note:
            row["note"] = self.note
        return row


def rounded(value: float) -> float:
    """Return four significant digits, whole numbers from a thousand on."""
    return float(round(value)) if abs(value) >= 1_000 else float(f"{value:.4g}")
