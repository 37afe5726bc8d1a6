"""Which client an IP address stands for, so that nobody has many and nobody shares one with strangers."""

import ipaddress

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215; where the IPv4 address stands is not known
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")  # RFC 2765
_NETWORK = 64  # the bits of an IPv6 address that its owner cannot choose


def client_of(address: str) -> str:
    """Return the client that *address* stands for, as text; *address* itself if it is not an IP address.

    An IPv6 client is its network of 64 bits. An address that wraps an IPv4 address (mapped, NAT64, 6to4, Teredo)
    stands for that one: their /64 networks are those of everybody.
    """
    parsed = _parse(address)
    if parsed is None:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    embedded = _embedded(parsed)
    if embedded is not None:
        return str(embedded)
    bits = 128 if parsed in _NAT64_LOCAL else _NETWORK
    return str(ipaddress.IPv6Network((int(parsed), bits), strict=False))


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return *address* without the port that some proxies add, or None."""
    host = address.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64 or address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
