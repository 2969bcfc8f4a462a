"""REST for programs, under `/api/v1`; DESIGN section 8 is the contract."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from linewright.service.api.accounts import router as _accounts
from linewright.service.api.adopt import router as _adopt
from linewright.service.api.alerts import router as _alerts
from linewright.service.api.bundles import router as _bundles
from linewright.service.api.errors import router as _errors
from linewright.service.api.events import router as _events
from linewright.service.api.imports import router as _imports
from linewright.service.api.inboxes import router as _inboxes
from linewright.service.api.metrics import router as _metrics
from linewright.service.api.numbers import router as _numbers
from linewright.service.api.openapi import describe, methods_at
from linewright.service.api.operations import router as _operations
from linewright.service.api.parts import refused
from linewright.service.api.probes import router as _probes
from linewright.service.api.reasons import router as _reasons
from linewright.service.api.service import router as _service
from linewright.service.api.tasks import router as _tasks

__all__ = ["describe", "methods_at", "router"]

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="An API token with the scope that is needed.")
_under = APIRouter(prefix="/api/v1", dependencies=[Depends(_bearer)], responses=refused(401, 403, 422, 503))
for each in (
    *(_accounts, _adopt, _numbers, _bundles, _operations, _events, _tasks, _errors, _service),
    *(_alerts, _imports, _inboxes),
):
    _under.include_router(each)

router = APIRouter()
router.include_router(_under)
router.include_router(_probes)
router.include_router(_metrics, dependencies=[Depends(_bearer)])
router.include_router(_reasons)
