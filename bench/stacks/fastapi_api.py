"""FastAPI and SQLAlchemy with the same guarantees as the plain view, over the same tables and tokens.

As the tutorial of FastAPI's documentation does, it has functions without `async` and a session per request.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha512
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sqlalchemy import Select, create_engine, make_url, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from bench.stacks.sqlalchemy_models import Contact, Location, Profile, Purchase, Token, User

PAGE = 50
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
CONFLICT = {409: {"model": dict[str, list[str]]}}

engine = create_engine(make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg"))
app = FastAPI(openapi_url=None)


def open_session() -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


SessionDep = Annotated[Session, Depends(open_session)]
Credentials = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def authenticate(session: SessionDep, credentials: Credentials) -> User:
    """Return the user of the token, which knox stores as a digest."""
    digest = sha512(credentials.credentials.encode()).hexdigest()
    query = select(User, Token.expiry).join(Token, Token.user_id == User.id).where(Token.digest == digest)
    user, expiry = session.execute(query).one_or_none() or (None, None)
    if user is None or not user.is_active or (expiry is not None and expiry <= datetime.now(UTC)):
        raise HTTPException(401, "Invalid token.")
    return user


UserDep = Annotated[User, Depends(authenticate)]


class ProfileIn(BaseModel):
    username: str = Field(min_length=1, max_length=150)
    email: str = Field(pattern=EMAIL, max_length=254)
    bio: str = Field("", max_length=2000)


class ProfilePatch(BaseModel):
    username: str = Field("", min_length=1, max_length=150)
    email: str = Field("", pattern=EMAIL, max_length=254)
    bio: str = Field("", max_length=2000)


class ProfileOut(BaseModel):
    id: int
    owner: int = Field(validation_alias="owner_id")
    username: str
    email: str
    bio: str


class PurchaseIn(BaseModel):
    reference: str = Field(min_length=1, max_length=40)
    location: int
    contacts: list[int] = Field(max_length=100)
    quantity: int = Field(ge=1)
    earliest: datetime
    latest: datetime


class PurchaseOut(BaseModel):
    id: int
    purchaser: int = Field(validation_alias="purchaser_id")
    reference: str
    location: int = Field(validation_alias="location_id")
    contacts: list[int] = Field(validation_alias="contact_ids")
    quantity: int
    earliest: datetime
    latest: datetime


class Profiles(BaseModel):
    results: list[ProfileOut]


class Purchases(BaseModel):
    results: list[PurchaseOut]


def paginate(query: Select[Any], model: Any, before: int | None) -> Select[Any]:
    return (query.where(model.id < before) if before else query).order_by(model.id.desc()).limit(PAGE)


def get_one(session: Session, query: Select[Any]) -> Any:
    row = session.scalars(query).one_or_none()
    if row is None:
        raise HTTPException(404)
    return row


def explain_conflicts(session: Session, error: IntegrityError, values: dict[str, Any]) -> JSONResponse:
    """Return 409 with every field that conflicts; the database names only the first violated constraint."""
    session.rollback()
    pk, digests = values["id"], {name: values[f"{name}_digest"] for name in ("username", "email")}
    first = error.orig.diag.constraint_name.split("_")[1]
    other = "email" if first == "username" else "username"
    query = select(Profile.id).where(getattr(Profile, f"{other}_digest") == digests[other])
    exists = session.scalar((query if pk is None else query.where(Profile.id != pk)).limit(1)) is not None
    names = [first, other] if exists else [first]
    return JSONResponse({name: [f"A profile with this {name} already exists."] for name in names}, 409)


@app.get("/profiles/", response_model=Profiles)
def list_profiles(session: SessionDep, user: UserDep, before: int | None = None) -> Any:
    query = paginate(select(Profile).where(Profile.owner_id == user.id), Profile, before)
    return {"results": session.scalars(query).all()}


@app.post("/profiles/", response_model=ProfileOut, status_code=201, responses=CONFLICT)
def create_profile(session: SessionDep, user: UserDep, body: ProfileIn) -> Any:
    profile = Profile(owner_id=user.id, **body.model_dump())
    session.add(profile)
    return save_profile(session, profile)


@app.get("/profiles/{pk}/", response_model=ProfileOut)
def get_profile(session: SessionDep, user: UserDep, pk: int) -> Any:
    return get_one(session, select(Profile).where(Profile.owner_id == user.id, Profile.id == pk))


@app.patch("/profiles/{pk}/", response_model=ProfileOut, responses=CONFLICT)
def change_profile(session: SessionDep, user: UserDep, pk: int, body: ProfilePatch) -> Any:
    own = select(Profile).where(Profile.owner_id == user.id, Profile.id == pk)
    profile = get_one(session, own.with_for_update())
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(profile, name, value)
    return save_profile(session, profile)


def save_profile(session: Session, profile: Profile) -> Profile | JSONResponse:
    values = {name: getattr(profile, name) for name in ("id", "username_digest", "email_digest")}
    try:
        session.commit()
    except IntegrityError as error:
        return explain_conflicts(session, error, values)
    return profile


@app.get("/purchases/", response_model=Purchases)
def list_purchases(session: SessionDep, user: UserDep, before: int | None = None) -> Any:
    own = select(Purchase).where(Purchase.purchaser_id == user.id).options(selectinload(Purchase.contacts))
    return {"results": session.scalars(paginate(own, Purchase, before)).all()}


@app.post("/purchases/", response_model=PurchaseOut, status_code=201)
def create_purchase(session: SessionDep, user: UserDep, body: PurchaseIn) -> Any:
    values = body.model_dump(exclude={"location", "contacts"})
    visible = select(Contact).join(Location, Location.id == Contact.location_id).where(Location.owner_id == user.id)
    contacts = session.scalars(visible.where(Contact.id.in_(body.contacts))).all() if body.contacts else []
    if len(contacts) != len(set(body.contacts)):
        raise HTTPException(400, {"contacts": ["Not found."]})
    open_locations = select(Location).where(Location.owner_id == user.id, Location.closed.is_(False))
    chosen = open_locations.where(Location.id == body.location)
    location = get_one(session, chosen.with_for_update(key_share=True))
    purchase = Purchase(purchaser_id=user.id, location_id=location.id, contacts=list(contacts), **values)
    session.add(purchase)
    session.commit()
    return purchase
