"""Somebody who works in an organisation. Who the people of a tenant are is drawn in `mdelab.lab.people`."""

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    """The name of the account on a device, such as `kim.novak`."""
    name: str
    mail: str
    """The user principal name, too."""
    address: str
    """Where the office is, on one line."""
