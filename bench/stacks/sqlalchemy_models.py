"""SQLAlchemy models of the project's tables, for FastAPI."""

from datetime import datetime
from typing import Any

from hardening.canonical import canonical_email, canonical_text, digest
from sqlalchemy import Column, DateTime, ForeignKey, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, validates


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "accounts_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    is_active: Mapped[bool]


class Token(Base):
    __tablename__ = "knox_authtoken"

    digest: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts_user.id"))
    expiry: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Profile(Base):
    __tablename__ = "accounts_profile"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts_user.id"))
    username: Mapped[str]
    email: Mapped[str]
    bio: Mapped[str]
    username_digest: Mapped[str]
    email_digest: Mapped[str]

    @validates("username", "email")
    def update_digest(self, name: str, value: str) -> Any:
        """Store the digest of the canonical form, which the unique constraints cover."""
        canonical = canonical_email if name == "email" else canonical_text
        setattr(self, f"{name}_digest", digest(canonical(value)))
        return value


class Location(Base):
    __tablename__ = "purchases_location"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts_user.id"))
    name: Mapped[str]
    closed: Mapped[bool]


class Contact(Base):
    __tablename__ = "purchases_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("purchases_location.id"))
    name: Mapped[str]
    kind: Mapped[str]
    value: Mapped[str]


purchase_contacts = Table(
    "purchases_purchase_contacts",
    Base.metadata,
    Column("purchase_id", ForeignKey("purchases_purchase.id"), primary_key=True),
    Column("contact_id", ForeignKey("purchases_contact.id"), primary_key=True),
)


class Purchase(Base):
    __tablename__ = "purchases_purchase"

    id: Mapped[int] = mapped_column(primary_key=True)
    purchaser_id: Mapped[int] = mapped_column(ForeignKey("accounts_user.id"))
    reference: Mapped[str]
    location_id: Mapped[int] = mapped_column(ForeignKey("purchases_location.id"))
    quantity: Mapped[int]
    earliest: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    latest: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(default=1)
    contacts: Mapped[list[Contact]] = relationship(secondary=purchase_contacts)

    @property
    def contact_ids(self) -> list[int]:
        return [contact.id for contact in self.contacts]
