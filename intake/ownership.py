"""Whether the packages we import are ours.

Our four top-level names are common words: another distribution of the same name, installed
beside us, would silently be imported instead. So each package carries a mark,
and all four lie in one folder; otherwise nothing starts.
"""

import importlib.util
from pathlib import Path
from typing import Final

PACKAGES: Final = ("intake", "parser", "responders", "models")
_MARK: Final = 'OWNER = "casegate"'


class ForeignPackage(Exception):
    """A package of another project stands where one of ours should."""


def require_own_packages() -> None:
    """Raise ForeignPackage unless all four packages are ours and lie in one folder."""
    places: dict[str, Path] = {}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        origin = None if spec is None or spec.origin is None else Path(spec.origin)
        if origin is None or _MARK not in origin.read_text("utf-8"):
            raise ForeignPackage(
                f"the package {name!r} at {origin} is not casegate's: another distribution of that name is installed "
                "in the same environment; install casegate in an environment of its own"
            )
        places[name] = origin.parent.parent
    if len(set(places.values())) > 1:
        listed = ", ".join(f"{name} in {place}" for name, place in places.items())
        raise ForeignPackage(f"the packages of casegate come from different installations ({listed}); install it anew")
