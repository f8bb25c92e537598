"""A device's files, as the control API shows and changes them."""

import base64

from mdelab.endpoint.files import FileTree
from mdelab.lab.refusals import Unknown
from mdelab.lab.wire import FileContent, FileWrite
from mdelab.model.errors import LabError

_NOT_A_FILE = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


def read(files: FileTree, path: str) -> FileContent:
    """Raises Unknown, which lists what lies beside."""
    try:
        content = files.read(path)
    except _NOT_A_FILE as error:
        raise Unknown("file", path, _beside(files, path)) from error
    try:
        text: str | None = content.decode()
    except UnicodeDecodeError:
        text = None
    return _content(path, content, text, files.mode(path))


def write(files: FileTree, path: str, asked: FileWrite) -> FileContent:
    """Raises LabError for a request that holds no content, or two, or none that can be decoded."""
    if (asked.text is None) == (asked.base64 is None):
        raise LabError("a file is written from `text` or from `base64`. Give exactly one of the two.")
    try:
        content = asked.text.encode() if asked.text is not None else base64.b64decode(asked.base64 or "", validate=True)
    except ValueError as error:
        raise LabError(f"`base64` cannot be decoded: {error}. Encode the file's bytes as standard base64.") from error
    files.write(path, content, asked.mode)
    return _content(path, content, asked.text, asked.mode)


def remove(files: FileTree, path: str) -> None:
    """Raises Unknown, which lists what lies beside."""
    try:
        files.remove(path)
    except _NOT_A_FILE as error:
        raise Unknown("file", path, _beside(files, path)) from error


def _content(path: str, content: bytes, text: str | None, mode: int) -> FileContent:
    return FileContent(path=path, text=text, base64=base64.b64encode(content).decode(), mode=mode)


def _beside(files: FileTree, path: str) -> list[str]:
    folder = path.rpartition("/")[0]
    return files.paths(folder) if files.exists(folder) else []
