"""Other users of a PostgreSQL, each on a connection that it holds."""

import socket
import struct

from cluster import PORT, Cluster

# Ends the connections of the site, and tells what each was doing.
CUT = """SELECT state, pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = 'mini_site' AND backend_type = 'client backend'"""
# Version 3.0 of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html
VERSION = 196_608


class Guest:
    def __init__(self, cluster: Cluster):
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.connect(f"{cluster.home}/.s.PGSQL.{PORT}")
        parameters = b"user\0mini_site\0database\0postgres\0\0"
        self.stream.sendall(struct.pack("!II", 8 + len(parameters), VERSION) + parameters)
        self.is_admitted = self.is_served()

    def run(self, sql: str) -> bool:
        """False when the server is gone."""
        text = sql.encode() + b"\0"
        try:
            self.stream.sendall(b"Q" + struct.pack("!I", 4 + len(text)) + text)
            return self.is_served()
        except OSError:
            return False

    def is_served(self) -> bool:
        """Reads messages up to « ready for query »; false when the server ends the connection."""
        with self.stream.makefile("rb") as messages:
            while len(head := messages.read(5)) == 5:
                if head[:1] == b"Z":
                    return True
                messages.read(struct.unpack("!I", head[1:])[0] - 4)
        return False

    def leave(self) -> None:
        self.stream.close()


def take_all(cluster: Cluster, number: int) -> list[Guest]:
    """All connections that a cluster has; those of the site are cut."""
    guests = []
    while len(guests) < number:
        guest = Guest(cluster)
        if guest.is_admitted:
            guests.append(guest)
        else:
            guest.leave()
            guests[0].run(CUT)
    return guests
