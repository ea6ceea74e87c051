"""sasl_test.py - SaslInitialize- and SaslAcceptSecurityContext against Cyrus SASL's sample programs, which speak
GSSAPI and GSS-SPNEGO over MIT's libraries: each layer, who the client asks to act as, and messages both ways; near and far.
Covers secur32/sasl.c, secur32/sasl_layer.c.

    sasl_test.py SSPI_PIPE LSAD LSACTL       in the environment of tests/lab/kdc.py
"""
import base64
import os
import subprocess
import sys

import interop
import pipe

program, lsad, lsactl = sys.argv[1:4]
if not os.path.exists("/usr/sbin/sasl-sample-server"):
    print("no Cyrus SASL here: .ci/setup check")
    sys.exit(77)

PACKAGES = {"GSSAPI": "Kerberos", "GSS-SPNEGO": "Negotiate"}
DENIED, ALTERED = 0x8009030C, 0x8009030F
NO_INTEGRITY, ASC_INTEGRITY = 0x800000, 0x20000
QOP_NOT_SUPPORTED = 0x8009030A
# What a layer is: the initiator's flags, the acceptor's, Cyrus' bounds of strength, and what Cyrus then says of it.
LAYERS = {
    "privacy": (pipe.MUTUAL | pipe.SEAL | pipe.SIGN, pipe.SEAL | ASC_INTEGRITY, "min=2", 256),
    "integrity": (pipe.MUTUAL | pipe.SIGN, ASC_INTEGRITY, "min=1,max=1", 1),
    "none": (pipe.MUTUAL | NO_INTEGRITY, 0, "max=0", 0),
}


class Sample:
    """One of the sample programs: it says lines that begin with `ours`, and reads lines with the other letter."""

    def __init__(self, name, ours, *options):
        # The key table is for localhost, whatever this machine's name is.
        extra = os.path.join(os.environ["KDC_DIR"], "any-host.conf")
        with open(extra, "w", encoding="utf-8") as f:
            f.write("[libdefaults]\n\tignore_acceptor_hostname = true\n")
        env = dict(os.environ, KRB5_CONFIG=f"{extra}:{os.environ['KRB5_CONFIG']}")
        self.ours, self.text = ours, ""
        self.process = subprocess.Popen(["stdbuf", "-oL", name, "-s", "host", *options], env=env, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def take(self):
        while True:
            line = self.process.stdout.readline().decode(errors="replace")
            if not line:
                raise EOFError(f"it ended\n{self.text}")
            # A prompt may stand before it in the line.
            _, mark, data = line.rpartition(f"{self.ours}: ")
            if mark and (line.startswith(mark) or line.rstrip().endswith(data.strip())):
                try:
                    return base64.b64decode(data, validate=False)
                except ValueError:
                    pass
            self.text += line

    def say(self, data):
        self.process.stdin.write(("C" if self.ours == "S" else "S").encode() + b": " + base64.b64encode(data) + b"\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        self.text += self.process.stdout.read().decode(errors="replace")
        self.process.wait(timeout=20)
        return self.text

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def framed(data):
    return len(data).to_bytes(4, "big") + data


def spoken(context, layer, data):
    """A message of ours as the peer's sasl_decode wants it."""
    if layer == "none":
        return data
    return framed(context.seal(data) if layer == "privacy" else context.plain(data))


def heard(context, layer, data):
    return data if layer == "none" else context.open(data[4:])


def initiator(place, mechanism, layer, asks=None):
    flags, _, bounds, ssf = LAYERS[layer]
    said = f"{place.name}: {mechanism}, {layer}{', acts as ' + asks if asks else ''}: our client"
    with Sample("/usr/sbin/sasl-sample-server", "S", "-m", mechanism, "-b", bounds) as server, \
            pipe.Pipe(program, "client", PACKAGES[mechanism], env=place.env, target="host/localhost", flags=f"{flags:x}",
                      sasl="yes", authz=asks) as context:
        server.take()
        server.say(mechanism.encode() + b"\0" + context.step())
        while context.status == pipe.CONTINUE:
            server.say(context.step(server.take()))
        message = server.take()
        interop.check(f"{said}: reads Cyrus' message", b"srv message 1" in heard(context, layer, message), message)
        server.say(spoken(context, layer, b"client message 1\0"))
        text = server.end()
        interop.check(f"{said}: Cyrus knows who that is", f"Username: {asks or 'alice'}\n" in text, text)
        interop.check(f"{said}: and how strong", f"SSF: {ssf}\n" in text, text)
        interop.check(f"{said}: and reads our message", "recieved decoded message 'client message 1'" in text, text)


def acceptor(place, mechanism, layer, asks=None):
    _, flags, bounds, ssf = LAYERS[layer]
    said = f"{place.name}: {mechanism}, {layer}{', acts as ' + asks if asks else ''}: our server"
    with Sample("/usr/bin/sasl-sample-client", "C", "-m", mechanism, "-n", "localhost", "-b", bounds,
                *(["-u", asks] if asks else [])) as client, \
            pipe.Pipe(program, "server", PACKAGES[mechanism], env=place.env, flags=f"{flags:x}", sasl="yes",
                      authz="processed" if asks else None) as context:
        client.say(mechanism.encode())
        token = client.take().partition(b"\0")[2]
        while True:
            answer = context.step(token)
            if context.status != pipe.CONTINUE:
                break
            client.say(answer)
            token = client.take()
        facts = context.facts()
        got = int(facts["got"], 16)
        interop.check(f"{said}: knows who that is", "alice" in facts.get("client", facts["user"]), facts)
        interop.check(f"{said}: and what is agreed on", bool(got & pipe.SEAL) == (layer == "privacy") and
                      bool(got & ASC_INTEGRITY) == (layer != "none"), facts)
        interop.check(f"{said}: and whom the client asks for", facts["authz"] == (asks or ""), facts)
        if answer:              # the last token; the sample program answers it with nothing
            client.say(answer)
            client.take()
        client.say(spoken(context, layer, b"srv message 1\0"))
        message = client.take()
        interop.check(f"{said}: reads Cyrus' message", b"client message 1" in heard(context, layer, message), message)
        text = client.end()
        interop.check(f"{said}: Cyrus knows how strong", f"SSF: {ssf}\n" in text, text)
        interop.check(f"{said}: and reads our message", "srv message 1" in text, text)


def refused(said, status, run):
    try:
        run()
        interop.check(said, False)
    except pipe.Refused as told:
        interop.check(said, told.status == status, told)


def offered(place, flags, bounds, change=lambda offer: offer):
    """Our client meets a server's offer of layers, which may be changed on its way."""
    with Sample("/usr/sbin/sasl-sample-server", "S", "-m", "GSSAPI", "-b", bounds) as server, \
            pipe.Pipe(program, "client", "Kerberos", env=place.env, target="host/localhost", flags=f"{flags:x}", sasl="yes") as context:
        server.take()
        server.say(b"GSSAPI\0" + context.step())
        server.say(context.step(server.take()))
        context.step(change(server.take()))


def chosen(place, flags, change=lambda choice: choice, *options):
    """Our server meets a client's choice."""
    with Sample("/usr/bin/sasl-sample-client", "C", "-m", "GSSAPI", "-n", "localhost", *options) as client, \
            pipe.Pipe(program, "server", "Kerberos", env=place.env, flags=f"{flags:x}", sasl="yes") as context:
        client.say(b"GSSAPI")
        client.say(context.step(client.take().partition(b"\0")[2]))
        client.say(context.step(client.take()))
        context.step(change(client.take()))


def last_bit(message):
    return message[:-1] + bytes([message[-1] ^ 1])


def refusals(place):
    privacy = LAYERS["privacy"][0]
    refused(f"{place.name}: a server that offers less than was asked for", QOP_NOT_SUPPORTED,
            lambda: offered(place, privacy, "max=1"))
    refused(f"{place.name}: an offer that was changed", ALTERED, lambda: offered(place, privacy, "min=2", last_bit))
    refused(f"{place.name}: a choice that was changed", ALTERED, lambda: chosen(place, LAYERS["privacy"][1], last_bit))
    refused(f"{place.name}: a client that asks to be somebody else", DENIED,
            lambda: chosen(place, 0, lambda choice: choice, "-u", "bob"))


def main():
    subprocess.run(["kinit", "-k", "-t", os.environ["KRB5_CLIENT_KTNAME"].removeprefix("FILE:"), "alice"], check=True)
    # With GSS-SPNEGO the layer is what the flags of the context say; MIT's initiator always sets those of privacy.
    cases = [(initiator, mechanism, layer) for mechanism in PACKAGES for layer in LAYERS]
    cases += [(acceptor, "GSSAPI", layer) for layer in LAYERS] + [(acceptor, "GSS-SPNEGO", "privacy")]
    for place in interop.places(lsad, lsactl):
        for role, mechanism, layer in cases:
            try:
                role(place, mechanism, layer)
            except (pipe.Refused, EOFError, BrokenPipeError) as told:
                interop.check(f"{place.name}: {mechanism}, {layer}: {role.__name__}", False, told)
        acceptor(place, "GSSAPI", "privacy", "bob")
        refusals(place)


main()
interop.end()
