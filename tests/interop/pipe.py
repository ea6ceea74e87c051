"""pipe.py - sspi_pipe as an object: one context, and its answers checked."""
import contextlib
import subprocess

OK, CONTINUE = 0, 0x00090312
DELEGATE, MUTUAL, REPLAY, SEQUENCE, SEAL, SIGN = 0x1, 0x2, 0x4, 0x8, 0x10, 0x10000     # ISC_REQ_*


class Refused(Exception):
    def __init__(self, what, status, why):
        super().__init__(f"{what}: {status:08x}\n{why}")
        self.status, self.why = status, why


class Pipe:
    def __init__(self, program, role, package, env=None, **options):
        words = [program, role, package, *(f"{k}={v}" for k, v in options.items() if v is not None)]
        self.process = subprocess.Popen(words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.status, _ = self.answer(self.process.stdout.readline())
        if self.status:
            raise Refused("AcquireCredentialsHandle", self.status, self.why())

    @staticmethod
    def answer(line):
        status, _, rest = line.rstrip("\n").partition(" ")
        if not status:
            raise EOFError("sspi_pipe has ended")
        return int(status, 16), rest

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def why(self):
        line, text = self.ask("why"), ""
        while line not in (".\n", ""):
            text += line
            line = self.process.stdout.readline()
        return text

    def bytes(self, verb, *data):
        status, rest = self.answer(self.ask(verb, *(d.hex() for d in data)))
        if status not in (OK, CONTINUE):
            raise Refused(verb, status, self.why())
        self.status = status
        return bytes.fromhex(rest)

    def step(self, token=b""):
        """The next token; self.status tells whether more is to come."""
        return self.bytes("step", token)

    def seal(self, data):
        return self.bytes("seal", data)

    def plain(self, data):
        return self.bytes("plain", data)

    def open(self, data):
        return self.bytes("open", data)

    def sign(self, data):
        return self.bytes("sign", data)

    def verify(self, signature, data):
        self.bytes("verify", signature, data)

    def facts(self):
        _, rest = self.answer(self.ask("facts"))
        return dict(word.partition("=")[::2] for word in rest.split() if "=" in word)

    def end(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        return self.process.wait(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
