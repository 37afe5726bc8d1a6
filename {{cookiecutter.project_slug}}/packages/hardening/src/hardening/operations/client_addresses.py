"""Group IP addresses by client, so that throttles count all addresses of a client together."""

import ipaddress

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215; the position of the IPv4 address is not defined
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")  # RFC 2765
_NETWORK = 64  # the bits of an IPv6 address that its user cannot choose


def client_of(address: str) -> str:
    """Return the client that *address* belongs to, as text; *address* itself if it is not an IP address.

    For IPv6, it is the /64 network. For an address with an embedded IPv4 address (mapped, NAT64, 6to4, Teredo), it is
    that IPv4 address, because many clients share the /64 networks of these.
    """
    parsed = _parse(address)
    if parsed is None:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    embedded = _extract_ipv4(parsed)
    if embedded is not None:
        return str(embedded)
    bits = 128 if parsed in _NAT64_LOCAL else _NETWORK
    return str(ipaddress.IPv6Network((int(parsed), bits), strict=False))


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address in *address*, without the port that some proxies add; None if it is not valid."""
    host = address.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _extract_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64 or address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
