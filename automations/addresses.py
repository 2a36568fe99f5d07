"""Where requests of ours may go: out into the world, and inside only where the settings say.

An address is looked up once, judged, and then connected to: no second look-up can change it.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

from automations.messages import Failed
from tracker.text import _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
REFUSED = _("This address may not be called.")


def resolve(host: str, port: int, allowed: Sequence[Network]) -> str:
    """The address to connect to; `Failed` when any of the host's addresses is out of bounds."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Failed(_("The address did not answer.")) from None
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not addresses or not all(may_call(one, allowed) for one in addresses):
        raise Failed(REFUSED)
    return addresses[0]


def may_call(text: str, allowed: Sequence[Network]) -> bool:
    """Whether the address lies in the world, or in a network the settings name."""
    address = ipaddress.ip_address(text)
    if any(address in network for network in allowed if network.version == address.version):
        return True
    return all(one.is_global and not one.is_multicast for one in _meant(address))


def _meant(address: Address) -> list[Address]:
    """The address and those it carries inside (mapped, 6to4, Teredo, NAT64)."""
    found: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        found += [one for one in carried if one is not None]
        if address in NAT64:
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return found
