"""An FTP server on loopback; run by the Python that Debian's pyftpdlib is installed for.

python3 ftp_server.py <folder> <file of commands> [cut]

Prints its port. Every command that comes goes into the file, a line each. With `cut` the first transfer is
broken off after 50,000 bytes, as a lost line does.
"""

import sys
from pathlib import Path

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.servers import FTPServer

FOLDER, COMMANDS = sys.argv[1:3]
CUT = "cut" in sys.argv[3:]


class CutData(DTPHandler):
    """Breaks the first transfer off."""

    def send(self, data):
        """Send it, or a part of it."""
        if not CUT or self.cmd_channel.transfers > 1:
            return super().send(data)
        sent = super().send(data[:50_000])
        self.close()
        return sent


class Noting(FTPHandler):
    """Keeps the commands."""

    use_sendfile = False
    unicode_errors = "surrogateescape"  # names go out as the very bytes they are
    dtp_handler = CutData
    auth_failed_timeout = 0
    transfers = 0

    def pre_process_command(self, line, cmd, arg):
        """Note a command before it is obeyed."""
        type(self).transfers += cmd == "RETR"
        with Path(COMMANDS).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(line + "\n")
        super().pre_process_command(line, cmd, arg)


authorizer = DummyAuthorizer()
authorizer.add_user("user", "word", FOLDER, perm="elr")
Noting.authorizer = authorizer
server = FTPServer(("127.0.0.1", 0), Noting)
sys.stdout.write(f"{server.socket.getsockname()[1]}\n")
sys.stdout.flush()
server.serve_forever(timeout=0.02)
