"""ber.py - as much of BER as LDAP takes."""
import struct


def ber(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x84" + struct.pack(">I", len(body))
    return bytes([tag]) + size + body


def integer(n, tag=2):
    return ber(tag, bytes([n]))


def fields(data):
    """The elements of one level, as (tag, content)."""
    found, at = [], 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7f
            size, at = int.from_bytes(data[at:at + count], "big"), at + count
        found.append((tag, data[at:at + size]))
        at += size
    return found
