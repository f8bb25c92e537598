"""Command and control: enrolment, polls, results of commands, the goodbye of an offboarded device."""

import secrets

import msgspec
from cryptography import x509

from mdelab.catalogue import timing
from mdelab.catalogue.licences import right_of
from mdelab.cloud.answer import NO_CONTENT, Answer, ok, refusal, unavailable
from mdelab.cloud.call import Call
from mdelab.cloud.device.tokens import identify
from mdelab.cloud.estate import Estate, Estates
from mdelab.cloud.inventory import Inventory
from mdelab.cloud.machine import Device
from mdelab.cloud.store import StoreUnavailable
from mdelab.model.channel import CommandResult, Commands, Enrolled, Enrolment, Offboarding, Poll, Profile
from mdelab.model.package import Kind, PackageRefused, parse, verify

CONFIGURATION_VERSION = "1"

_enrolments = msgspec.json.Decoder(Enrolment)
_polls = msgspec.json.Decoder(Poll)
_results = msgspec.json.Decoder(CommandResult)
_offboardings = msgspec.json.Decoder(Offboarding)

_UNREADABLE = (msgspec.DecodeError, RecursionError)


class CommandChannel:
    def __init__(self, estates: Estates, inventory: Inventory, roots: tuple[x509.Certificate, ...]) -> None:
        """roots: the signing authorities of packages."""
        self._estates = estates
        self._inventory = inventory
        self._roots = roots

    async def enrol(self, call: Call) -> Answer:
        try:
            enrolment = _enrolments.decode(call.body)
        except _UNREADABLE as error:
            return _unreadable("enrolment", error)
        estate = self._believe(enrolment.package, "onboarding")
        if isinstance(estate, Answer):
            return estate
        if not _is_machine_id(enrolment.profile):
            return refusal(
                400,
                "BadRequest",
                f"the machine id {enrolment.profile.machine_id!r} is not 40 hex digits. Send one that is.",
            )
        now = estate.tenant.clock.now()
        if not _may_stay(estate, enrolment.profile) and not estate.licences.covers(
            right_of(enrolment.profile.os_platform), now
        ):
            return refusal(
                403,
                "NoLicence",
                f"nothing that the organisation has bought covers {enrolment.profile.os_platform}. Buy an offer that does.",
            )
        device = self._device(estate, enrolment.profile, call)
        device.last_command = now
        try:
            await self._estates.save(estate, device)
        except StoreUnavailable as error:
            return unavailable(f"{error}. The device was not enrolled; send the enrolment again.")
        device.token_expires = now + timing().after("device_token")
        self._estates.hand_token(estate, device, secrets.token_urlsafe(24))
        estate.licences.use(device.profile.user, device.endpoint, now)
        self._inventory.admit(estate, device)
        return ok(Enrolled(token=device.token, configuration_version=CONFIGURATION_VERSION))

    async def poll(self, call: Call) -> Answer:
        identity = identify(self._estates, call)
        if isinstance(identity, Answer):
            return identity
        estate, device = identity
        try:
            poll = _polls.decode(call.body)
        except _UNREADABLE as error:
            return _unreadable("poll", error)
        if poll.profile.machine_id == device.id:
            # A device cannot turn itself into another one; the rest of the profile changes as it likes.
            device.profile = poll.profile
        now = device.last_command = estate.tenant.clock.now()
        estate.licences.use(device.profile.user, device.endpoint, now)
        commands = []
        for action in device.waiting:
            if action.status == "Pending":
                action.status, action.updated = "InProgress", now
                self._estates.save_later(estate, action)
            # Until its result arrives: an answer can be lost on the way, and the device does each id once.
            commands.append(action.command())
        return ok(Commands(commands=tuple(commands)))

    async def result(self, call: Call) -> Answer:
        identity = identify(self._estates, call)
        if isinstance(identity, Answer):
            return identity
        estate, device = identity
        try:
            result = _results.decode(call.body)
        except _UNREADABLE as error:
            return _unreadable("result", error)
        now = device.last_command = estate.tenant.clock.now()
        action = next((one for one in device.waiting if one.id == result.id), None)
        if action is None:
            # Told twice, or cancelled meanwhile.
            return NO_CONTENT
        device.waiting.remove(action)
        action.status, action.updated, action.message = result.status, now, result.message
        try:
            await self._estates.save(estate, action)
        except StoreUnavailable as error:
            device.waiting.append(action)
            return unavailable(f"{error}. The result was not kept; send it again.")
        if action.type == "Offboard" and result.status == "Succeeded":
            device.is_onboarded = False
            self._estates.save_later(estate, device)
            self._inventory.dismiss(estate, device)
        return NO_CONTENT

    async def offboard(self, call: Call) -> Answer:
        identity = identify(self._estates, call)
        if isinstance(identity, Answer):
            return identity
        estate, device = identity
        try:
            offboarding = _offboardings.decode(call.body)
        except _UNREADABLE as error:
            return _unreadable("offboarding", error)
        believed = self._believe(offboarding.package, "offboarding")
        if isinstance(believed, Answer):
            return believed
        if believed is not estate:
            return refusal(
                403, "Forbidden", "the offboarding package is another organisation's. Use one of the device's own."
            )
        device.is_onboarded = False
        device.last_command = estate.tenant.clock.now()
        try:
            await self._estates.save(estate, device)
        except StoreUnavailable as error:
            device.is_onboarded = True
            return unavailable(f"{error}. The device is still onboarded; send the offboarding again.")
        self._inventory.dismiss(estate, device)
        estate.licences.release(device.endpoint)
        return NO_CONTENT

    def _believe(self, text: str, kind: Kind) -> Estate | Answer:
        """The tenant whose valid package `text` is, or the refusal: 400 for a bad package, 403 for a foreign one."""
        try:
            package = parse(text, kind)
        except PackageRefused as error:
            return refusal(400, "BadPackage", f"{error}. Download the package again.")
        estate = self._estates.of_organisation(package.org_id)
        if estate is None:
            return refusal(
                403,
                "Forbidden",
                f"no organisation {package.org_id!r} is known here (any more). Use a package of this lab.",
            )
        try:
            verify(package, self._roots, estate.tenant.clock.now())
        except PackageRefused as error:
            return refusal(400, "BadPackage", f"{error}. Download the package again.")
        return estate

    def _device(self, estate: Estate, profile: Profile, call: Call) -> Device:
        """The device's record: a known machine id is the same device again, whatever became of it meanwhile."""
        now = estate.tenant.clock.now()
        known = estate.devices.get(profile.machine_id)
        if known is not None:
            known.profile, known.is_onboarded = profile, True
            return known
        is_own = call.caller is not None and call.caller.tenant is estate.tenant
        endpoint = call.caller.endpoint if call.caller is not None and is_own else profile.name.partition(".")[0]
        return Device(profile=profile, endpoint=endpoint, token="", token_expires=now, first_seen=now, last_command=now)


def _may_stay(estate: Estate, profile: Profile) -> bool:
    """Whether the device is in already: a licence is asked for when a device comes, not while it is there."""
    known = estate.devices.get(profile.machine_id)
    return known is not None and known.is_onboarded


def _is_machine_id(profile: Profile) -> bool:
    return len(profile.machine_id) == 40 and set(profile.machine_id) <= set("0123456789abcdef")


def _unreadable(what: str, error: Exception) -> Answer:
    return refusal(400, "BadRequest", f"the {what} cannot be read: {error}. Nothing of it was kept.")
