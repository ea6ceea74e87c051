#!/usr/bin/env python3
"""datagram_vectors.py FILE - sealed and signed datagrams, worked out from the
text of [MS-NLMP] 3.4.3, 3.4.4 and 3.4.5 alone, with no line of the product.

[MS-NLMP] 4.2 has no example of connectionless messages, so this is the other
witness: it must come to the very lines that stand in FILE as group "datagram".
With --write it prints them."""
import hashlib
import hmac
import struct
import sys


def rc4(key, data):
    s = list(range(256))
    j = 0
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) % 256
        s[i], s[j] = s[j], s[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + s[i]) % 256
        s[i], s[j] = s[j], s[i]
        out.append(byte ^ s[(s[i] + s[j]) % 256])
    return bytes(out)


def md5(data):
    return hashlib.md5(data, usedforsecurity=False).digest()


KEY = bytes([0x55] * 16)
PLAIN = "Plaintext".encode("utf-16-le")
NUMBERS = (0, 1, 17, 4000000000)


def direction(way):
    sign = md5(KEY + f"session key to {way} signing key magic constant\0".encode())
    seal = md5(KEY + f"session key to {way} sealing key magic constant\0".encode())
    return sign, seal


def message(way, number, sealed):
    sign, seal = direction(way)
    seq = struct.pack("<I", number)
    mac = hmac.new(sign, seq + PLAIN, hashlib.md5).digest()[:8]
    stream = md5(seal + seq)            # the stream begins again with each message
    if sealed:
        both = rc4(stream, PLAIN + mac)
        body, mac = both[:len(PLAIN)], both[len(PLAIN):]
    else:
        body, mac = PLAIN, rc4(stream, mac)
    return body, struct.pack("<I", 1) + mac + seq


def lines():
    for way in ("client-to-server", "server-to-client"):
        for number in NUMBERS:
            body, signature = message(way, number, True)
            yield f"datagram\tsealed {way} {number}\t{body.hex()}"
            yield f"datagram\tseal-signature {way} {number}\t{signature.hex()}"
            yield f"datagram\tsignature {way} {number}\t{message(way, number, False)[1].hex()}"


def main():
    ours = list(lines())
    if sys.argv[1] == "--write":
        print("\n".join(ours))
        return 0
    with open(sys.argv[1], encoding="utf-8") as file:
        theirs = [line.rstrip("\n") for line in file if line.startswith("datagram\t")]
    print(f"{len(ours)} vectors, {'the same' if ours == theirs else 'not those of the file'}")
    return 0 if ours == theirs else 1


if __name__ == "__main__":
    sys.exit(main())
