"""REST for programs, under `/api/v1`; DESIGN section 8 is the contract."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from linewright.service.api import accounts, bundles, errors, events, numbers, operations, probes, service, tasks
from linewright.service.api.openapi import describe
from linewright.service.api.parts import refused

__all__ = ["describe", "router"]

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="An API token with the scope that is needed.")
_under = APIRouter(prefix="/api/v1", dependencies=[Depends(_bearer)], responses=refused(401, 403, 422, 503))
for each in (accounts, numbers, bundles, operations, events, tasks, errors, service):
    _under.include_router(each.router)

router = APIRouter()
router.include_router(_under)
router.include_router(probes.router)
