"""Host name patterns, as bypass lists and service tables write them."""


def matches(pattern: str, host: str) -> bool:
    """Whether `host` falls under `pattern`: an exact name, or `*.suffix` for every name below `suffix` at any depth.

    Case and a trailing dot do not matter. `*` alone matches everything.
    """
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern == "*":
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and host != pattern[2:]
    return host == pattern
