"""All shapes."""

from shapes.models.filed import Cover as Cover, Scan as Scan
from shapes.models.filled import Errand as Errand
from shapes.models.keyed import Lease as Lease, Stall as Stall, Ware as Ware
from shapes.models.other_writes import (
    Ballot as Ballot,
    Extra as Extra,
    Good as Good,
    Notice as Notice,
    Offer as Offer,
    Translation as Translation,
)
from shapes.models.references import (
    Audit as Audit,
    Author as Author,
    Book as Book,
    Crate as Crate,
    Elsewhere as Elsewhere,
    Event as Event,
    Noisy as Noisy,
    Parcel as Parcel,
    Raw as Raw,
    Receipt as Receipt,
    Remote as Remote,
    Slip as Slip,
    Soft as Soft,
)
from shapes.models.rules import (
    Badge as Badge,
    Booking as Booking,
    Coupon as Coupon,
    Handle as Handle,
    Person as Person,
    Seat as Seat,
    Slot as Slot,
    Step as Step,
    Values as Values,
)
from shapes.models.values import (
    Address as Address,
    Alias as Alias,
    Coded as Coded,
    ColdStock as ColdStock,
    Matcher as Matcher,
    Measure as Measure,
    Ratio as Ratio,
    Stay as Stay,
    Stock as Stock,
)
from shapes.models.writes import (
    Basket as Basket,
    Careful as Careful,
    Country as Country,
    Document as Document,
    Gadget as Gadget,
    Item as Item,
    Kept as Kept,
    Kinds as Kinds,
    Label as Label,
    Line as Line,
    Ticket as Ticket,
    Total as Total,
    Truck as Truck,
    Vehicle as Vehicle,
)
