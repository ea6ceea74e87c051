# SPDX-License-Identifier: MIT
"""hole.py - KDCs that are none: each takes a port of loopback and never gives a ticket.

    silent    takes what comes and says nothing, by UDP and by TCP
    absent    nobody is there
    garbage   answers at once, with bytes that are no Kerberos
    drip      by TCP: announces an answer and gives one byte of it a second
    dies      by TCP: announces an answer, gives a part of it and hangs up
"""
import os
import socket
import struct
import threading
import time

KINDS = ("silent", "absent", "garbage", "drip", "dies")
REALM = "HOLE.TEST"


def bound(kind):
    """A socket on a free port; a UDP and a TCP one of the same number where both are wanted."""
    s = socket.socket(socket.AF_INET, kind)
    s.bind(("127.0.0.1", 0))
    return s


class Hole:
    def __init__(self, kind):
        self.kind, self.over = kind, False
        self.udp = bound(socket.SOCK_DGRAM)
        self.port = self.udp.getsockname()[1]
        self.tcp = None
        if kind == "absent":
            self.udp.close()
        elif kind in ("drip", "dies"):
            self.tcp = bound(socket.SOCK_STREAM)
            self.tcp.listen(256)
            self.port = self.tcp.getsockname()[1]
            threading.Thread(target=self.serve, daemon=True).start()
        elif kind == "garbage":
            threading.Thread(target=self.answer, daemon=True).start()

    @property
    def place(self):
        return f"tcp/127.0.0.1:{self.port}" if self.tcp else f"127.0.0.1:{self.port}"

    def answer(self):
        while not self.over:
            try:
                _, who = self.udp.recvfrom(65536)
                self.udp.sendto(os.urandom(200), who)
            except OSError:
                return

    def serve(self):
        while not self.over:
            try:
                peer, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()

    def talk(self, peer):
        with peer:
            try:
                peer.recv(65536)
                peer.sendall(struct.pack(">I", 1000) + b"\x6b")
                if self.kind == "dies":
                    peer.sendall(bytes(300))
                    return
                while not self.over:
                    time.sleep(1)
                    peer.sendall(b"\x00")
            except OSError:
                return

    def end(self):
        self.over = True
        for s in (self.udp, self.tcp):
            if s:
                s.close()

    def config(self, path):
        """A krb5.conf that knows no other KDC."""
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"""[libdefaults]
	default_realm = {REALM}
	dns_lookup_kdc = false
	dns_lookup_realm = false
[realms]
	{REALM} = {{
		kdc = {self.place}
	}}
[domain_realm]
	localhost = {REALM}
""")
        return path
