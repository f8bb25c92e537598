"""Who runs a program on a Mac: `id`, `whoami`, `sudo` and `dseditgroup`, and whether that user may administer the device.

The user is the environment's USER, root when there is none. Administrators are the members of the device's `admin` group;
everybody else gets nothing from sudo, as on a real Mac.
"""

from mdelab.catalogue.macos import macos_text
from mdelab.endpoint import property_list
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import ROOT, is_root, user_of
from mdelab.endpoint.programs.flags import split_flags
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.sudo import sudo as shared_sudo

ADMIN_GROUP = "/private/var/db/dslocal/nodes/Default/groups/admin.plist"

_USER_ID = 501
"""What the first user of a Mac has; the lab gives it to every user but root."""
_STAFF = 20
_ADMIN = 80


def home_of(io: Io) -> str:
    return "/var/root" if is_root(io) else f"/Users/{user_of(io)}"


def administrators(device: Device) -> tuple[str, ...]:
    """Members of the group `admin`, root among them. Raises LabError for a group file that does not parse."""
    members = property_list.read_dictionary(device.machine.files, ADMIN_GROUP).get("users")
    found = [str(one) for one in members] if isinstance(members, list) else []
    return (ROOT, *(one for one in found if one != ROOT))


async def whoami(device: Device, argv: list[str], io: Io) -> int:
    split_flags(argv[1:], ())
    io.out.write(f"{user_of(io)}\n")
    return 0


async def id_(device: Device, argv: list[str], io: Io) -> int:
    flags, names = split_flags(argv[1:], ("-u", "-n", "-g", "-G", "-un", "-Gn"))
    user = names[0] if names else user_of(io)
    groups = {"wheel": 0} if user == ROOT else {"staff": _STAFF}
    if user in administrators(device):
        groups["admin"] = _ADMIN
    number = 0 if user == ROOT else _USER_ID
    first = next(iter(groups))
    shows_names = bool(flags & {"-n", "-un", "-Gn"})
    if flags & {"-u", "-un"}:
        io.out.write(f"{user if shows_names else number}\n")
    elif flags & {"-G", "-Gn"}:
        io.out.write(" ".join(groups if shows_names else map(str, groups.values())) + "\n")
    elif "-g" in flags:
        io.out.write(f"{first if shows_names else groups[first]}\n")
    else:
        listed = ",".join(f"{value}({name})" for name, value in groups.items())
        io.out.write(f"uid={number}({user}) gid={groups[first]}({first}) groups={listed}\n")
    return 0


async def sudo(device: Device, argv: list[str], io: Io) -> int:
    user = user_of(io)
    if user not in administrators(device):
        return complain(io, macos_text("not_in_sudoers").format(user=user))
    env = {**io.env, "USER": ROOT, "SUDO_USER": user}
    inner = Io(stdin=io.stdin, env=env, cwd=io.cwd, out=io.out, err=io.err, not_simulated=io.not_simulated)
    return await shared_sudo(device, argv, inner)


async def dseditgroup(device: Device, argv: list[str], io: Io) -> int:
    """`dseditgroup -o edit -a USER -t user admin` and `-d USER`; `-o checkmember -m USER admin`."""
    match argv[1:]:
        case ["-o", "edit", "-a" | "-d" as action, user, "-t", "user", "admin"]:
            if not is_root(io):
                return complain(io, "dseditgroup: you must be root to change a group", 77)
            members = [one for one in administrators(device) if one != user]
            if action == "-a":
                members.append(user)
            property_list.write(device.machine.files, ADMIN_GROUP, {"name": ["admin"], "users": members}, mode=0o600)
            return 0
        case ["-o", "checkmember", "-m", user, "admin"]:
            is_member = user in administrators(device)
            io.out.write(f"{'yes' if is_member else 'no'} {user} is {'' if is_member else 'NOT '}a member of admin\n")
            return 0 if is_member else 67
        case _:
            return not_simulated(io, " ".join(argv), "Use: dseditgroup -o edit -a|-d USER -t user admin.")
