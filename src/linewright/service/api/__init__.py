"""REST for programs, under `/api/v1`; DESIGN section 8 is the contract."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from linewright.service.api.accounts import router as accounts
from linewright.service.api.bundles import router as bundles
from linewright.service.api.errors import router as errors
from linewright.service.api.events import router as events
from linewright.service.api.numbers import router as numbers
from linewright.service.api.openapi import describe, methods_at
from linewright.service.api.operations import router as operations
from linewright.service.api.parts import refused
from linewright.service.api.probes import router as probes
from linewright.service.api.reasons import router as reasons
from linewright.service.api.service import router as service
from linewright.service.api.tasks import router as tasks

__all__ = ["describe", "methods_at", "router"]

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="An API token with the scope that is needed.")
_under = APIRouter(prefix="/api/v1", dependencies=[Depends(_bearer)], responses=refused(401, 403, 422, 503))
for each in (accounts, numbers, bundles, operations, events, tasks, errors, service):
    _under.include_router(each)

router = APIRouter()
router.include_router(_under)
router.include_router(probes)
router.include_router(reasons)
