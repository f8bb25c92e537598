"""`mdatp edr`: device tags, group ids, early preview, and the list of its exclusions."""

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command
from mdelab.endpoint.programs.mdatp.setting import configure

_TAGS = ("GROUP", "SecurityWorkspaceId", "AzureResourceId", "SecurityAgentId")
"""GROUP is documented; the others are set by microsoft/mdatp-xplat mde_installer.sh."""

_EXCLUSION_KINDS = {"processes": ("process",), "paths": ("file", "folder"), "extensions": ("extension",)}


async def _set_tag(call: Call) -> int:
    name, value = call.options["name"], call.options["value"]
    if name not in _TAGS:
        return call.fail(f"Tag name is not supported: {name}. Use one of: {', '.join(_TAGS)}")
    if not value:
        return call.fail(
            "Tag value is empty. Give one, or remove the tag with: mdatp edr tag remove --tag-name " + name
        )
    call.device.set_tag(name, value)
    call.say(mdatp_text("tag_set"))
    return OK


async def _remove_tag(call: Call) -> int:
    name = call.options["tag-name"]
    if name not in call.device.agent.tags:
        return call.fail(f"Tag not found: {name}")
    call.device.set_tag(name, "")
    call.say(mdatp_text("tag_set"))
    return OK


async def _group_ids(call: Call) -> int:
    return configure(call, "edr_group_ids", call.options["group-id"], mdatp_text("group_set"))


async def _early_preview(call: Call) -> int:
    # The documentation says enabled|disabled, the XMDE client analyzer enable|disable.
    switch = (call.words or ("",))[0]
    if switch not in ("enable", "enabled", "disable", "disabled"):
        return call.fail("Usage: mdatp edr early-preview enable|disable")
    return configure(call, "edr_early_preview", switch.startswith("enable"), mdatp_text("preview_set"))


async def _list_exclusions(call: Call) -> int:
    asked = (call.words or ("all",))[0]
    if asked != "all" and asked not in _EXCLUSION_KINDS:
        return call.fail("Usage: mdatp edr exclusion list processes|paths|extensions|all")
    kinds = _EXCLUSION_KINDS.get(asked) or tuple(kind for group in _EXCLUSION_KINDS.values() for kind in group)
    found = [(kind, value) for kind, value in call.device.agent.settings.exclusions if kind in kinds]
    for kind, value in found:
        call.say(f"{kind}: {value}")
    if not found:
        call.say("No exclusions")
    return OK


COMMANDS = {
    "edr tag set": Command(run=_set_tag, needs=("name", "value")),
    "edr tag remove": Command(run=_remove_tag, needs=("tag-name",)),
    "edr group-ids": Command(run=_group_ids, needs=("group-id",)),
    "edr early-preview": Command(run=_early_preview, words=1),
    "edr exclusion list": Command(run=_list_exclusions, words=1),
}
