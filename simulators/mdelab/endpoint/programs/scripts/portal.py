"""The portal's Python scripts that on- and offboard a Linux device, step by step as the real ones do.

Source: public copies of portal-generated scripts, read for structure. They write the package's JSON to where the agent looks
for it and log that; the agent notices the file by itself.
"""

import ast
import json

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain

_FOLDER = "/etc/opt/microsoft/mdatp"
_TARGETS = {
    "onboardingInfo": f"{_FOLDER}/mdatp_onboard.json",
    "offboardingInfo": f"{_FOLDER}/mdatp_offboard.json",
}
_USAGE_CODE = 2


async def onboarding_script(device: Device, argv: list[str], io: Io) -> int:
    return await _run(device, argv, io, "onboardingInfo")


async def offboarding_script(device: Device, argv: list[str], io: Io) -> int:
    return await _run(device, argv, io, "offboardingInfo")


async def _run(device: Device, argv: list[str], io: Io, key: str) -> int:
    usage = f"usage: {argv[0]} [-h] [-c]"
    for argument in argv[1:]:
        if argument in ("-h", "--help"):
            io.out.write(f"{usage}\n\noptions:\n  -h, --help  show this help message and exit\n  -c\n")
            return 0
        if argument != "-c":
            return complain(io, f"{usage}\n{argv[0]}: error: unrecognized arguments: {argument}", _USAGE_CODE)
    text = device.machine.files.read(device_path(io, argv[0])).decode(errors="replace")
    try:
        content = package_json(text, key)
    except SyntaxError as error:
        # What Python says of a script that was cut off while it was copied.
        return complain(io, f'  File "{argv[0]}", line {error.lineno}\nSyntaxError: {error.msg}')
    target = _TARGETS[key]
    io.out.write(f"Generating {target} ...\n")
    code = await device.run(["sudo", "mkdir", "-p", _FOLDER], io=io)
    try:
        if code != 0:
            raise OSError(f"cannot make {_FOLDER} (exit code {code})")
        if content is None:
            raise ValueError(f"the script holds no {key}")
        device.machine.files.write(target, content.encode(), 0o600)
    except (OSError, ValueError) as error:
        io.out.write(f"{error}\n")
        said = f"Microsoft ATP: failed to save json file {target}. Exception occured: {error}."
        await device.run(["logger", "-p", "error", said], io=io)
        return 1
    said = f"Microsoft ATP: succeeded to save json file {target}."
    return 1 if await device.run(["logger", "-p", "warning", said], io=io) else 0


def package_json(script: str, key: str) -> str | None:
    """The JSON that `script` (Python source) would write: {key: "<outer JSON>"}; None when it holds none.

    The script is read, never run: the package is a string literal of it, wrapped already or as the outer JSON alone.
    Raises SyntaxError.
    """
    for node in ast.walk(ast.parse(script)):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str | bytes):
            continue
        text = (node.value if isinstance(node.value, str) else node.value.decode(errors="replace")).strip()
        # A package that was damaged is still handed to the agent, which says what is wrong with it.
        if text.startswith("{") and f'"{key}"' in text:
            return text
        if text.startswith("{") and '"body"' in text:
            return json.dumps({key: text})
    return None
