"""Somebody else who takes all connections of a PostgreSQL."""

from __future__ import annotations

import socket
import struct

from cluster import PORT, Cluster

# Ends the connections of the site, and tells what each was doing.
CUT = """SELECT state, pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = 'mini_site' AND backend_type = 'client backend'"""
# Version 3.0 of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html
VERSION = 196_608


class Guests:
    """All connections that a cluster has, `number` of them; those that the site had are cut."""

    def __init__(self, cluster: Cluster, number: int):
        self.cluster, self.streams = cluster, []
        while len(self.streams) < number:
            if not self.take():
                self.cut()

    def take(self) -> bool:
        """One more connection; false when there is none."""
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(f"{self.cluster.home}/.s.PGSQL.{PORT}")
        parameters = b"user\0mini_site\0database\0postgres\0\0"
        stream.sendall(struct.pack("!II", 8 + len(parameters), VERSION) + parameters)
        if not is_ready(stream):
            stream.close()
            return False
        self.streams.append(stream)
        return True

    def cut(self) -> None:
        """By a connection that is held: there is no other."""
        text = CUT.encode() + b"\0"
        self.streams[0].sendall(b"Q" + struct.pack("!I", 4 + len(text)) + text)
        is_ready(self.streams[0])

    def leave(self) -> None:
        for stream in self.streams:
            stream.close()


def is_ready(stream: socket.socket) -> bool:
    """Reads messages up to « ready for query »; false when the server refuses."""
    with stream.makefile("rb") as messages:
        while kind := messages.read(1):
            messages.read(struct.unpack("!I", messages.read(4))[0] - 4)
            if kind == b"Z":
                return True
    return False
