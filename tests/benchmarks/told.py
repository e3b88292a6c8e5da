"""What the benchmarks of missing tests print of codebot's own report."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

__all__ = ["say_notes", "say_rest"]


def say_notes(name: str, told: dict[str, Any], seconds: float) -> None:
    """Print how many functions got a test, and the funnel."""
    ledger = told["tasks"]["test"]
    looked = ledger["verified"] + sum(ledger["rejected"].values())
    print(
        f"{name}: {ledger['verified']} of {looked} functions got a proven test, "
        f"{len(told['suggestions'])} files, {seconds:.0f} s"
    )
    for note in told.get("notes", []):
        if note.startswith("Tests:"):
            print(f"  {note}")


def say_rest(told: dict[str, Any]) -> None:
    """Print the mutants killed, and why functions got no test."""
    ledger = told["tasks"]["test"]
    kills = Counter[str]()
    for one in told["suggestions"]:
        for each in one["evidence"]:
            if found := re.match(r"kills (\d+) of (\d+)", each["detail"]):
                kills.update(killed=int(found[1]), mutants=int(found[2]))
    print(f"  mutants killed: {kills['killed']} of {kills['mutants']}")
    for key in ("rejected", "skipped"):
        print(f"  {key}: {dict(sorted(ledger[key].items(), key=lambda item: -item[1]))}")
