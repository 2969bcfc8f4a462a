"""The Python face: everything a person or a program can ask of Linewright, as one object."""

from __future__ import annotations

from linewright.face.accounts import Accounts
from linewright.face.adoption import Adoption
from linewright.face.imports import Imports
from linewright.face.numbers import Numbers
from linewright.face.operations import Operations
from linewright.face.outlook import Outlook
from linewright.face.people import People
from linewright.face.pins import Pins
from linewright.face.questions import Questions
from linewright.face.releases import Releases
from linewright.face.upkeep import Upkeep

__all__ = ["Linewright"]


class Linewright(Accounts, Adoption, Numbers, Operations, Releases, Questions, Imports, Pins, Outlook, People, Upkeep):
    """Linewright on one home. Use it as an async context manager.

    Results are the JSON shapes of the interfaces, as dictionaries. Raises `UsageError` for what cannot be
    asked so, `StoreUnavailable` and `KeyMismatch` for the home, and `RemoteUnavailable` from `add_account`,
    `sync` and `add_number`, which cannot wait. What the remote refuses is never raised: an operation's
    state and reason tell it. `clock`, `transport` and `watch` stand in for the home's own in rehearsals.
    """
