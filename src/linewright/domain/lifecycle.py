"""The life of a number and of an operation, as tables; the README's picture is drawn from them."""

from __future__ import annotations

from linewright.domain.number import Standing
from linewright.domain.operation import OperationState

__all__ = ["LIFE", "MOVES", "mermaid"]

LIFE: tuple[tuple[Standing | None, str, Standing | None], ...] = (
    (None, "created, or found by sync", Standing.UNVERIFIED),
    (Standing.UNVERIFIED, "verify", Standing.OFFLINE),
    (Standing.OFFLINE, "register", Standing.ONLINE),
    (Standing.ONLINE, "deregister, or lost", Standing.OFFLINE),
    (Standing.ONLINE, "Meta restricts", Standing.RESTRICTED),
    (Standing.RESTRICTED, "restriction ends", Standing.ONLINE),
    (Standing.RESTRICTED, "deregister, or lost", Standing.OFFLINE),
    (Standing.ONLINE, "migrate", Standing.MIGRATED),
    (Standing.ONLINE, "Meta bans", Standing.BANNED),
    (Standing.BANNED, "appeal", Standing.OFFLINE),
    (Standing.OFFLINE, "deleted in Manager", Standing.DELETED),
    (Standing.DELETED, "", None),
    (Standing.MIGRATED, "", None),
)
"""How a number moves between standings, and by what. Hands-off standings that nothing here leads to
(coexistence, on-premise, test) are left out, and so is *unknown*, which is no place in a life."""

MOVES: dict[OperationState, frozenset[OperationState]] = {
    OperationState.RUNNING: frozenset(OperationState) - {OperationState.RUNNING},
    OperationState.WAITING: frozenset(OperationState) - {OperationState.RUNNING},
    OperationState.ASKING: frozenset(OperationState) - {OperationState.RUNNING},
    OperationState.DONE: frozenset(),
    OperationState.GAVE_UP: frozenset(),
    OperationState.CANCELLED: frozenset(),
}
"""Where one turn may bring an operation from where it rested; an end is an end."""


def mermaid() -> str:
    """The life of a number as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    for begin, by, end in LIFE:
        label = f": {by}" if by else ""
        lines.append(f"    {begin.value if begin else '[*]'} --> {end.value if end else '[*]'}{label}")
    return "\n".join(lines)
