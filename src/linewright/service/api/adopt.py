"""`/adopt`: from the end of an Embedded Signup to an account that is kept and a number that is being registered."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from linewright.service.api.bodies import Adoption
from linewright.service.api.idempotency import Idempotent
from linewright.service.api.models import AdoptedShape
from linewright.service.api.parts import TheDesk, refused, shown
from linewright.service.who import Admin

__all__ = ["router"]

router = APIRouter(tags=["accounts"], route_class=Idempotent)
KNOWN = {"description": "It was adopted before: nothing was opened.", "model": AdoptedShape}


@router.post(
    "/adopt",
    response_model=AdoptedShape,
    status_code=201,
    responses={200: KNOWN, **refused(409)},
    summary="Adopt an account after Embedded Signup",
)
async def adopt(desk: TheDesk, caller: Admin, body: Adoption) -> JSONResponse:
    """Exchanges the code at once: it lives 30 seconds, so send it the moment the page hears of it. Then the account is
    opened, or gets the new token; the app is subscribed, and the number that is named is registered by an ordinary
    operation. The same request again goes on where the first one stopped, and opens nothing twice."""
    given = {name: getattr(body, name) for name in type(body).model_fields if name != "waba"}
    made, fresh = await desk.linewright.adopt_anew(body.waba, who=caller.who, **given)
    return shown(made, 201 if fresh else 200)
