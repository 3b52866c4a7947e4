"""How a TCP socket is named in the configuration."""


def split_place(place: str) -> tuple[str | None, int]:
    """Host (None for all) and port of `host:port`; raises ValueError."""
    host, colon, port = place.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError(f"not host:port: {place!r}")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"an IPv6 address needs brackets: {place!r}")
    return (None if host in ("", "*") else host), int(port)
