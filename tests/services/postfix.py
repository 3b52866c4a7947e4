"""Private Postfix instances: in front of casegate's door, and behind it as its relay."""

import grp
import json
import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from .ports import free_port
from .process import PrivateService, answers, find_program, program_version
from .waiting import DEADLINE

_QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")

_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
pickup   unix  n - n 60  1 pickup
cleanup  unix  n - n -   0 cleanup
qmgr     unix  n - n 300 1 qmgr
tlsmgr   unix  - - n 1000? 1 tlsmgr
rewrite  unix  - - n -   - trivial-rewrite
bounce   unix  - - n -   0 bounce
defer    unix  - - n -   0 bounce
trace    unix  - - n -   0 bounce
verify   unix  - - n -   1 verify
flush    unix  n - n 1000? 0 flush
proxymap unix  - - n -   - proxymap
smtp     unix  - - n -   - smtp
relay    unix  - - n -   - smtp
lmtp     unix  - - n -   - lmtp
showq    unix  n - n -   - showq
error    unix  - - n -   - error
retry    unix  - - n -   - error
discard  unix  - - n -   - discard
anvil    unix  - - n -   1 anvil
scache   unix  - - n -   1 scache
postlog  unix-dgram n - n - 1 postlogd
"""

# The master changes its user for a moment, and the kernel then forgets to signal it at its parent's end: so its parent
# is a shell, which does not, and passes the signal on. The master wants to lead a process group.
_GUARD = 'setsid "$@" & trap "kill $!" TERM; wait $!; wait $!'


class PrivatePostfix(PrivateService):
    """One Postfix with its own queue, listening for SMTP on `port`; see `in_front` and `relay`.

    `settings` are lines of main.cf and win over those below. Clients on loopback may use
    XCLIENT, so that a test can come from any address. What is deferred is tried again after
    a second, then two, then four at most. There is no DNS: next hops are `[address]:port`.
    """

    name = "postfix"

    def __init__(self, directory: Path | None = None, *, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(directory)
        self.port = free_port()
        self._make_directories()
        self.write("master.cf", _SERVICES.format(port=self.port))
        self.write("main.cf", "")
        self.add_settings({**self._settings(), **(settings or {})})

    @classmethod
    def in_front(
        cls,
        door: str,
        domains: Sequence[str],
        *,
        recipients: str | None = None,
        otherwise: str = "discard:",
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """The mail exchanger before casegate: takes mail for `domains` from anybody and nothing else.

        `door` is a next hop: `lmtp:unix:/run/x.sock`, `lmtp:[127.0.0.1]:24`, `smtp:[127.0.0.1]:2525`.
        `recipients` is the text of a recipient table (`address whatever` a line); without it
        every recipient in `domains` is taken. `otherwise` is where all else goes, bounces
        included. XFORWARD tells the door who the client was.
        """
        service = cls(
            settings={
                "relay_domains": " ".join(domains),
                "relay_transport": door,
                "default_transport": otherwise,
                "mynetworks": "",
                **(settings or {}),
            }
        )
        if recipients is not None:
            table = service.write("recipients", recipients)
            service.add_settings({"relay_recipient_maps": f"texthash:{table}"})
        return service

    @classmethod
    def relay(
        cls,
        deliver_to: str,
        *,
        transports: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """The relay behind casegate: takes mail from loopback to anybody and hands it to `deliver_to`.

        `deliver_to` is a next hop as above, such as `lmtp:unix:` with a Dovecot's `lmtp_socket`;
        `transports` names other next hops for some domains or addresses (transport(5)).
        """
        service = cls(settings={"default_transport": deliver_to, "mynetworks": "127.0.0.0/8", **(settings or {})})
        if transports:
            table = service.write("transport", "".join(f"{key} {value}\n" for key, value in transports.items()))
            service.add_settings({"transport_maps": f"texthash:{table}"})
        return service

    @staticmethod
    def missing() -> str:
        if find_program("postfix") is None:
            return "Postfix is not installed (make services)"
        return "" if os.geteuid() == 0 else "Postfix can be started by root only"

    @staticmethod
    def version() -> str:
        return program_version(find_program("postconf") or "false", "-dh", "mail_version")

    def command(self) -> list[str]:
        return ["sh", "-c", _GUARD, "sh", _daemon("master"), "-c", str(self.directory), "-d"]

    def is_ready(self) -> bool:
        return answers(self.port, b"220")

    def queue(self) -> list[dict[str, Any]]:
        """What is in the queue, as `postqueue -j` tells it: queue_name, queue_id, sender, recipients, delay_reason."""
        return [json.loads(line) for line in self._run("postqueue", "-j").splitlines()]

    def flush(self) -> None:
        """Try everything that is deferred now."""
        self._run("postqueue", "-f")

    def reload(self) -> None:
        """Make Postfix read its settings and tables again."""
        self._run("postfix", "reload")

    def write(self, name: str, text: str) -> Path:
        """Write a table beside the settings, for `texthash:`, and return its path."""
        path = self.directory / name
        path.write_text(text)
        an_hour_ago = path.stat().st_mtime - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))  # Postfix waits with a file that was changed in the last two seconds
        return path

    def add_settings(self, settings: Mapping[str, str]) -> None:
        """Append lines to main.cf; the last one of a name counts. A running Postfix wants `reload`."""
        before = (self.directory / "main.cf").read_text()
        self.write("main.cf", before + "".join(f"{key} = {value}\n" for key, value in settings.items()))

    def _run(self, program: str, *arguments: str) -> str:
        command = [find_program(program) or program, "-c", str(self.directory), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def _make_directories(self) -> None:
        owner, public = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
        queue = self.directory / "queue"
        for name in ("", "pid"):
            (queue / name).mkdir()
        for path in (self.directory / "data", *(queue / name for name in _QUEUES)):
            path.mkdir(mode=0o700)
            os.chown(path, owner, -1)
        for name, mode in (("public", 0o710), ("maildrop", 0o730)):
            (queue / name).mkdir()
            (queue / name).chmod(mode)
            os.chown(queue / name, owner, public)

    def _settings(self) -> dict[str, str]:
        return {
            "compatibility_level": "3.7",
            "queue_directory": f"{self.directory}/queue",
            "data_directory": f"{self.directory}/data",
            "daemon_directory": str(Path(_daemon("master")).parent),
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "maillog_file": str(self.log_path),
            "maillog_file_prefixes": str(self.directory),
            "myhostname": "mx.example.net",
            "myorigin": "example.net",
            "mydestination": "",
            "alias_maps": "",
            "alias_database": "",
            "local_recipient_maps": "",
            "local_transport": "error:5.1.1 nobody lives here",
            "recipient_delimiter": "+",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "disable_dns_lookups": "yes",
            "smtp_host_lookup": "native",
            "smtpd_peername_lookup": "no",
            "smtpd_authorized_xclient_hosts": "127.0.0.0/8",
            "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
            "smtp_send_xforward_command": "yes",
            "lmtp_send_xforward_command": "yes",
            "message_size_limit": "52428800",
            "mailbox_size_limit": "0",
            "smtpd_client_connection_count_limit": "0",
            "smtpd_error_sleep_time": "0",
            "queue_run_delay": "1s",
            "minimal_backoff_time": "1s",
            "maximal_backoff_time": "4s",
            "smtp_connect_timeout": "5s",
            "lmtp_connect_timeout": "5s",
            "in_flow_delay": "0",
        }


def _daemon(name: str) -> str:
    """The path of a Postfix daemon."""
    return find_program(name, "/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/lib/postfix") or name
