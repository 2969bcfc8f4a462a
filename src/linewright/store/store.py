"""The whole store of one home: the database, the vault, and everything that is kept in them."""

from __future__ import annotations

from collections.abc import Callable

from linewright.store.accounts import Accounts
from linewright.store.adoptions import Adoptions
from linewright.store.api_tokens import ApiTokens
from linewright.store.apps import Apps
from linewright.store.changes import Changes
from linewright.store.channels import Channels
from linewright.store.checks import Checks
from linewright.store.conditions import Conditions
from linewright.store.copies import Copies
from linewright.store.custody import Custody
from linewright.store.deliveries import Deliveries
from linewright.store.engine import Database
from linewright.store.facts import Facts
from linewright.store.fleet import Fleet
from linewright.store.guesses import Guesses
from linewright.store.happenings import Happenings
from linewright.store.import_creates import ImportCreates
from linewright.store.import_look import ImportLook
from linewright.store.imports import Imports
from linewright.store.inbox_mail import InboxMail
from linewright.store.inboxes import Inboxes
from linewright.store.ledger import SqlLedger
from linewright.store.links import Links
from linewright.store.numbers import Numbers
from linewright.store.operations import Operations
from linewright.store.pace import AccountPace
from linewright.store.pins import Audit, Pins
from linewright.store.recoveries import Recoveries
from linewright.store.releases import Releases
from linewright.store.requests import Requests
from linewright.store.sealing import Vault
from linewright.store.tasks import Tasks
from linewright.store.trend import Trends
from linewright.store.users import Users
from linewright.store.webhooks import Webhooks
from linewright.store.workers import Workers

__all__ = ["Store"]


class Store:
    """What the use cases are given. It keeps no state of its own. `real` stands in for the database's clock."""

    def __init__(self, database: Database, vault: Vault, *, real: Callable[[], float] | None = None) -> None:
        self.database = database
        self.vault = vault
        self.ledger = SqlLedger(database, vault, real=real)
        self.accounts = Accounts(database, vault)
        self.apps = Apps(database, vault)
        self.adoptions = Adoptions(database, vault)
        self.numbers = Numbers(database)
        self.operations = Operations(database, vault)
        self.recoveries = Recoveries(database, self.operations)
        self.releases = Releases(database)
        self.tasks = Tasks(database, vault)
        self.pins = Pins(database, vault)
        self.custody = Custody(database, vault)
        self.audit = Audit(database)
        self.pace = AccountPace(database)
        self.checks = Checks(database)
        self.conditions = Conditions(database)
        self.facts = Facts(database)
        self.fleet = Fleet(database)
        self.workers = Workers(database)
        self.users = Users(database)
        self.api_tokens = ApiTokens(database)
        self.guesses = Guesses(database)
        self.links = Links(database)
        self.requests = Requests(database, vault)
        self.happenings = Happenings(database)
        self.trend = Trends(database)
        self.webhooks = Webhooks(database, vault)
        self.changes = Changes(database)
        self.copies = Copies(database)
        self.channels = Channels(database, vault)
        self.deliveries = Deliveries(database)
        self.import_look = ImportLook(database, vault)
        self.imports = Imports(database, vault, self.operations)
        self.import_creates = ImportCreates(database, real=real)
        self.inboxes = Inboxes(database, vault)
        self.inbox_mail = InboxMail(database, vault)
