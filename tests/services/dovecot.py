"""A private Dovecot: where mail ends up, and the mailboxes casegate fetches from."""

import contextlib
import grp
import imaplib
import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from .ports import free_port
from .process import PrivateService, answers, find_program, program_version
from .waiting import DEADLINE, wait_until

PASSWORD = "secret"


class PrivateDovecot(PrivateService):
    """Takes mail by LMTP for any user and shows it by IMAP.

    Every user has the password `PASSWORD`. `user+detail@domain` is delivered to
    `user@domain`, and Delivered-To keeps the recipient as it was. `lmtp_port` speaks LMTP
    on TCP, `lmtp_socket` on a Unix socket that every user of the machine may connect to.
    """

    name = "dovecot"

    def __init__(
        self,
        directory: Path | None = None,
        *,
        storage: Literal["maildir", "mdbox"] = "maildir",
        certificate: tuple[Path, Path] | None = None,
        capabilities: str = "",
    ) -> None:
        """`certificate` (chain and key) offers TLS on `imaps_port` and STARTTLS; `capabilities` replace IMAP's own."""
        super().__init__(directory)
        self._certificate = certificate
        self._capabilities = capabilities
        self.imap_port = free_port()
        self.imaps_port = free_port()
        self.lmtp_port = free_port()
        self.lmtp_socket = self.directory / "lmtp"
        self._configuration = self.directory / "dovecot.conf"
        self._configuration.write_text(self._settings(storage))

    @staticmethod
    def missing() -> str:
        if find_program("dovecot") is None:
            return "Dovecot is not installed (make services)"
        for package in ("imap", "lmtp"):
            if find_program(package, "/usr/lib/dovecot", "/usr/libexec/dovecot") is None:
                return f"dovecot-{package}d is not installed (make services)"
        if not PrivateDovecot.version().startswith("2.3."):
            return f"the private instances are configured for Dovecot 2.3, not {PrivateDovecot.version()}"
        return ""

    @staticmethod
    def version() -> str:
        return program_version(find_program("dovecot") or "false", "--version")

    def command(self) -> list[str]:
        return [find_program("dovecot") or "dovecot", "-F", "-c", str(self._configuration)]

    def is_ready(self) -> bool:
        return self.lmtp_socket.exists() and answers(self.lmtp_port, b"220") and answers(self.imap_port, b"* OK")

    def messages(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The messages of a user, oldest first, as IMAP shows them."""
        with self.imap(user) as connection:
            status, _ = connection.select(folder, readonly=True)
            if status != "OK":
                return []
            _, found = connection.uid("SEARCH", "ALL")
            bodies = []
            for uid in found[0].split():
                _, answer = connection.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
                if answer[0] is not None:  # else it was moved between the two commands
                    bodies.append(answer[0][1])
            return bodies

    def wait_for(self, user: str, count: int, deadline: float = DEADLINE, *, folder: str = "INBOX") -> list[bytes]:
        """The messages of a user, once there are `count` of them or more."""

        def enough() -> list[bytes]:
            messages = self.messages(user, folder)
            return messages if len(messages) >= count else []

        return (
            wait_until(enough, deadline, what=f"{count} messages for {user} in {folder}")
            if count
            else self.messages(user, folder)
        )

    @contextlib.contextmanager
    def imap(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A connection of the standard library, logged in as `user`."""
        with imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=DEADLINE) as connection:
            connection.login(user, PASSWORD)
            yield connection

    def append(self, user: str, raw: bytes, folder: str = "INBOX") -> None:
        """Lay a message into a mailbox as it is, as a mail program would."""
        with self.imap(user) as connection:
            status, answer = connection.append(folder, "", "", raw)
            if status != "OK":
                raise RuntimeError(f"APPEND to {folder} of {user}: {answer!r}")

    def _settings(self, storage: str) -> str:
        # Root is refused as owner of mail, and another user cannot become anybody: one user for all.
        owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(owner.pw_gid).gr_name
        store = self.directory / "mail"
        store.mkdir()
        if os.geteuid() == 0:
            os.chown(store, owner.pw_uid, owner.pw_gid)
        location = "mdbox:~/mdbox" if storage == "mdbox" else "maildir:~/Maildir"
        tls = "ssl = no"
        if self._certificate is not None:
            tls = "ssl = yes\n" + "ssl_cert = <{}\nssl_key = <{}".format(*self._certificate)
        return f"""
            protocols = imap lmtp
            listen = 127.0.0.1
            base_dir = {self.directory}/run
            state_dir = {self.directory}/run
            log_path = {self.log_path}
            {tls}
            {self._capabilities and f"imap_capability = {self._capabilities}"}
            disable_plaintext_auth = no
            auth_username_chars =
            default_internal_user = {owner.pw_name}
            default_internal_group = {group}
            default_login_user = {owner.pw_name}
            default_process_limit = 50
            default_vsz_limit = 1G
            first_valid_uid = 1
            mail_home = {store}/%Lu
            mail_location = {location}
            mail_fsync = never
            mailbox_list_index = no
            recipient_delimiter = +
            lmtp_hdr_delivery_address = final
            passdb {{
              driver = static
              args = password={PASSWORD}
            }}
            userdb {{
              driver = static
              args = uid={owner.pw_uid} gid={owner.pw_gid} allow_all_users=yes
            }}
            namespace inbox {{
              inbox = yes
              separator = /
            }}
            protocol lmtp {{
              postmaster_address = postmaster@example.net
            }}
            service imap-login {{
              chroot =
              inet_listener imap {{
                port = {self.imap_port}
              }}
              inet_listener imaps {{
                port = {self.imaps_port if self._certificate else 0}
                ssl = yes
              }}
            }}
            service lmtp {{
              inet_listener lmtp {{
                port = {self.lmtp_port}
              }}
              unix_listener {self.lmtp_socket} {{
                mode = 0666
              }}
            }}
            service anvil {{
              chroot =
            }}
            service stats {{
              chroot =
            }}
        """
