"""The small programs of a Linux device."""

import io
import zipfile
from typing import Any

import pytest

from mdelab.endpoint.program import Io
from mdelab.endpoint.programs import PROGRAMS, find
from mdelab.endpoint.programs.files import new_mode


@pytest.mark.parametrize(
    ("mode", "asked", "result"),
    [
        (0o644, "755", 0o755),
        (0o644, "+x", 0o755),
        (0o755, "-x", 0o644),
        (0o644, "u+x", 0o744),
        (0o777, "go-rwx", 0o700),
        (0o777, "u=rw,g=r,o=", 0o640),
        (0o644, "banana", None),
        (0o644, "999", None),
    ],
)
def test_chmod_understands_octal_and_letters(mode: int, asked: str, result: int | None) -> None:
    assert new_mode(mode, asked) == result


def test_files_are_written_read_moved_and_removed(device: Any) -> None:
    files = device.machine.files
    files.write("/tmp/a.txt", b"hello\n")
    assert device.call("cat", "a.txt", cwd="/tmp").out == "hello\n"
    assert device.call("cp", "/tmp/a.txt", "/root").code == 0
    assert device.call("mv", "/root/a.txt", "/root/b.txt").code == 0
    assert device.call("ls", "/root").out == "b.txt\n"
    assert device.call("sha256sum", "/root/b.txt").out == (
        "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  /root/b.txt\n"
    )
    assert device.call("chmod", "u+x", "/root/b.txt").code == 0
    assert device.call("ls", "-l", "/root").out.startswith("-rwxr--r-- root root        6 b.txt")
    assert device.call("mkdir", "-p", "/root/c/d").code == 0
    assert device.call("mkdir", "/root/c").code == 1
    assert device.call("mkdir", "/root/x/y").code == 1
    assert device.call("rm", "/root/b.txt").code == 0
    assert not files.exists("/root/b.txt")
    assert files.exists("/tmp/a.txt")


@pytest.mark.parametrize(
    ("argv", "code", "text"),
    [
        (("cat", "/no"), 1, "cat: /no: No such file or directory\n"),
        (("cat", "/tmp"), 1, "cat: /tmp: Is a directory\n"),
        (("rm", "/no"), 1, "rm: cannot remove '/no': No such file or directory\n"),
        (("rm", "/tmp"), 1, "rm: cannot remove '/tmp': Is a directory\n"),
        (("rm", "-f", "/no"), 0, ""),
        (("chmod", "+x", "/no"), 1, "chmod: cannot access '/no': No such file or directory\n"),
        (("chmod", "banana", "/etc/os-release"), 1, "chmod: invalid mode: 'banana'\n"),
        (("ls", "/no"), 2, "ls: cannot access '/no': No such file or directory\n"),
        (("cp", "/no", "/tmp"), 1, "cp: cannot stat '/no': No such file or directory\n"),
        (("sha256sum", "/no"), 1, "sha256sum: /no: No such file or directory\n"),
        (("dpkg", "-s", "vim"), 1, "dpkg-query: package 'vim' is not installed and no information is available\n"),
        (("systemctl", "start", "vim"), 5, "Failed to start vim.service: Unit vim.service not found.\n"),
        (("systemctl", "status", "vim"), 4, "Unit vim.service could not be found.\n"),
    ],
)
def test_mistakes_have_the_real_text_and_code(device: Any, argv: tuple[str, ...], code: int, text: str) -> None:
    ended = device.call(*argv)
    assert (ended.code, ended.err, ended.not_simulated) == (code, text, [])


@pytest.mark.parametrize(
    "argv",
    [
        ("ls", "-Z"),
        ("rm", "--one-file-system", "/tmp/x"),
        ("systemctl", "mask", "mdatp"),
        ("dpkg", "-l"),
        ("sudo", "-u", "nobody", "id"),
        ("bash", "-c", "id"),
        ("python3", "-c", "print(1)"),
        ("unzip", "-Z", "a.zip"),
    ],
)
def test_what_is_not_simulated_is_said_loudly(device: Any, argv: tuple[str, ...]) -> None:
    ended = device.call(*argv)
    assert ended.code != 0
    assert len(ended.not_simulated) == 1
    assert "not simulated by this lab" in ended.err


def test_installer_learns_what_the_device_has(device: Any) -> None:
    device.set(cores=4, memory_mb=2048, disk_free_mb=5000, services=("ds_agent",))
    assert device.call("nproc", "--all").out == "4\n"
    memory = next(line for line in device.call("free", "-m").out.splitlines() if "Mem" in line)
    assert memory.split()[1] == "2048"
    assert device.call("df", "-m", ".").out.splitlines()[-1].split()[3] == "5000"
    assert device.call("uname", "-m").out == "x86_64\n"
    assert device.call("uname", "-r").out == "5.15.0-122-generic\n"
    assert device.call("hostname").out == "lin-1\n"
    assert device.call("id", "-u").out == "0\n"
    assert "Status: install ok installed" in device.call("dpkg", "-s", "mdatp").out
    assert "Active: active (running)" in device.call("systemctl", "status", "ds_agent").out
    assert "ext4" in device.call("findmnt", "-T", "/tmp").out
    assert device.call("which", "mdatp", "python3").out == "/usr/bin/mdatp\n/usr/bin/python3\n"


def test_rpm_answers_on_a_red_hat_device_and_dpkg_does_not(device: Any) -> None:
    device.set(distribution="rhel")
    assert device.call("rpm", "-q", "mdatp").out.startswith("mdatp-101.")
    assert device.call("rpm", "--quiet", "--query", "vim").code == 1
    assert device.call("dpkg", "-s", "mdatp").code == 127


def test_service_stops_and_starts_the_client(device: Any) -> None:
    assert device.call("systemctl", "is-active", "mdatp").out == "active\n"
    assert "wdavdaemon edr" in device.call("ps", "-A", "-o", "pid,command").out
    assert device.call("sudo", "systemctl", "stop", "mdatp").code == 0
    ended = device.call("service", "mdatp", "status")
    assert ended.code == 3
    assert "Active: inactive (dead)" in ended.out
    assert "wdavdaemon" not in device.call("ps", "-A", "-o", "pid,command").out
    assert device.call("systemctl", "restart", "mdatp").code == 0
    assert device.call("systemctl", "is-active", "mdatp").code == 0


def test_sudo_drops_the_callers_variables_and_env_adds_some(device: Any) -> None:
    device.machine.files.write("/etc/environment", b"HTTPS_PROXY=http://10.0.0.6:8080\n")
    mine = {"MINE": "1"}
    assert device.call("env", env=mine).out == "HTTPS_PROXY=http://10.0.0.6:8080\nMINE=1\n"
    assert device.call("sudo", "env", env=mine).out == "HTTPS_PROXY=http://10.0.0.6:8080\n"
    assert "MINE=1" in device.call("sudo", "-E", "env", env=mine).out
    assert "YOURS=2" in device.call("env", "YOURS=2", "env").out


def test_programs_are_found_where_they_lie(device: Any) -> None:
    assert device.call("/usr/bin/hostname").out == "lin-1\n"
    assert device.call("/bin/mdatp", "health", "--field", "licensed").code == 0
    assert device.call("/opt/microsoft/mdatp/sbin/wdavdaemonclient", "version").code == 0
    assert find(device, "vim", "/") is None


def archive_of(members: dict[str, tuple[bytes, int]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (content, mode) in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return packed.getvalue()


def test_unzip_unpacks_into_the_device_with_modes(device: Any) -> None:
    device.machine.files.write("/root/a.zip", archive_of({"x/run.sh": (b"#!/bin/sh\n", 0o755), "y.txt": (b"y", 0o644)}))
    ended = device.call("unzip", "a.zip", cwd="/root")
    assert ended.out == "Archive:  a.zip\n  inflating: x/run.sh  \n  inflating: y.txt  \n"
    assert device.machine.files.mode("/root/x/run.sh") == 0o755
    assert device.machine.files.mode("/root/y.txt") == 0o644
    assert device.call("unzip", "-o", "-q", "/root/a", "y.txt", "-d", "/tmp/out").out == ""
    assert device.machine.files.read("/tmp/out/y.txt") == b"y"
    assert device.call("unzip", "-q", "a.zip", "none.txt", cwd="/root").code == 11


def test_unzip_keeps_a_climbing_member_inside(device: Any, tmp_path: Any) -> None:
    device.machine.files.write("/tmp/evil.zip", archive_of({"../../../../escaped.txt": (b"!", 0o644)}))
    assert device.call("unzip", "evil.zip", cwd="/tmp").code == 0
    assert device.machine.files.read("/tmp/escaped.txt") == b"!"
    assert not (tmp_path / "escaped.txt").exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", archive_of({"a": (b"a" * 500, 0)})[:40]])
def test_broken_archive_is_refused_as_unzip_does(device: Any, content: bytes) -> None:
    device.machine.files.write("/tmp/bad.zip", content)
    ended = device.call("unzip", "/tmp/bad.zip")
    assert ended.code == 9
    assert "signature not found" in ended.err
    assert device.call("unzip", "/tmp/none.zip").code == 9


def test_archive_with_an_endless_member_is_not_unpacked(device: Any) -> None:
    device.machine.files.write("/tmp/bomb.zip", archive_of({"zeros": (bytes(65 * 1024 * 1024), 0)}))
    ended = device.call("unzip", "/tmp/bomb.zip")
    assert ended.code == 50
    assert not device.machine.files.exists("/tmp/zeros")


def test_certificates_of_the_administrator_go_into_the_store_and_out_again(device: Any) -> None:
    files = device.machine.files
    store, mine = "/etc/ssl/certs/ca-certificates.crt", "/usr/local/share/ca-certificates/corp.crt"
    public = b"-----BEGIN CERTIFICATE-----\npublic\n-----END CERTIFICATE-----\n"
    corp = b"-----BEGIN CERTIFICATE-----\ncorp\n-----END CERTIFICATE-----\n"
    files.write(store, public)
    files.write(mine, corp)
    assert "1 added, 0 removed" in device.call("update-ca-certificates").out
    assert files.read(store) == public + corp
    assert "0 added, 0 removed" in device.call("update-ca-certificates").out
    assert files.read(store) == public + corp
    files.remove(mine)
    assert "0 added, 1 removed" in device.call("update-ca-certificates").out
    assert files.read(store) == public


def test_logger_writes_a_line_with_the_tenants_time(device: Any) -> None:
    assert device.call("logger", "-p", "warning", "Microsoft", "ATP: done").code == 0
    assert device.machine.files.read("/var/log/syslog") == b"Jan 05 09:00:00 lin-1 root: Microsoft ATP: done\n"


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_no_program_raises_on_odd_arguments(device: Any, name: str) -> None:
    for argv in (
        [name],
        [name, "--no-such-option"],
        [name, "\0"],
        [name, "../../../../etc/passwd"],
        [name, "-", "--", ""],
    ):
        ended = device.call(*argv, stdin=b"\xff", cwd="/tmp")
        assert isinstance(ended.code, int)
        assert "root:x:" not in ended.out


def test_io_is_shared_with_the_program_that_sudo_runs(device: Any) -> None:
    assert isinstance(Io().out, io.StringIO)
    assert device.call("sudo", "sudo", "bash", "-c", "x").not_simulated == ["bash -c x"]
