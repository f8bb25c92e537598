#!/usr/bin/python3 -SE
"""Every program of a simulated device that is no program of Debian's: hands its call to the sensor, and answers as it says.

It uses Debian's own Python and nothing else, so that it starts quickly. What the sensor does not simulate fails loudly there.
"""

import json
import os
import select
import socket
import sys

SENSOR = "/run/mdelab/sensor.sock"
NOT_FOUND = 127


def main() -> int:
    given = b""
    # Only what is there already: a terminal or an open pipe nobody writes to must not hang the program.
    if not sys.stdin.isatty() and select.select([sys.stdin], [], [], 0)[0]:
        given = sys.stdin.buffer.read()
    name = os.path.basename(sys.argv[0])
    ask = {
        "argv": [name, *sys.argv[1:]],
        "stdin": given.decode(errors="replace"),
        "env": {key: value for key, value in os.environ.items() if key not in ("PATH", "PYTHONPATH", "HOSTNAME")},
        "cwd": os.getcwd(),
    }
    try:
        with socket.socket(socket.AF_UNIX) as sensor:
            sensor.connect(SENSOR)
            sensor.sendall(json.dumps(ask).encode() + b"\n")
            answer = json.loads(b"".join(iter(lambda: sensor.recv(65536), b"")))
    except (OSError, ValueError) as error:
        print(
            f"{name}: the sensor of this simulated device does not answer ({error}). Is the endpoint switched on?",
            file=sys.stderr,
        )
        return NOT_FOUND
    sys.stdout.write(answer["stdout"])
    sys.stderr.write(answer["stderr"])
    return answer["exit_code"]


if __name__ == "__main__":
    sys.exit(main())
