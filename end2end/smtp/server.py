"""A mail server for the tests: aiosmtpd, which nobody here wrote, misbehaving when it is asked to.

It says its port in the first line and then everything it is told, one line of JSON each. It ends with its input.
How it behaves is the name before the @ of the recipient, if it is one of these, else --mode:
  ok          takes the mail
  slow        takes it, with --delay before each answer
  swallow     reads the mail and never answers; swallow-once does so to the first
  rude        takes the mail and never answers the goodbye
  busy        451 to the recipient; busy-once to the first
  refuse      550 to the recipient
  spam        554 to the mail, repeating what is in it
  drop        hangs up in the middle of the mail
and, as --mode only, before a recipient is known:
  mute        accepts the connection and says nothing
  full        421 instead of a greeting
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

logging.disable(logging.CRITICAL)
FOREVER = 3600


def say(what, **more):
    print(json.dumps({"what": what, **more}), flush=True)


class Handler:
    """Answers, and tells what it heard."""

    def __init__(self, mode, delay):
        self.mode, self.delay, self.seen = mode, delay, set()

    def mode_of(self, address):
        name = address.split("@")[0]
        known = ("ok", "slow", "swallow", "swallow-once", "rude", "busy", "busy-once", "refuse", "spam", "drop")
        return name if name in known else self.mode

    def first_time(self, mode):
        new = mode not in self.seen
        self.seen.add(mode)
        return new

    async def pause(self, mode):
        if mode == "slow":
            await asyncio.sleep(self.delay)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        say("ehlo", name=hostname, tls=encrypted(server))
        await self.pause(self.mode)
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        say("mail", sender=address, tls=encrypted(server))
        envelope.mail_from = address
        await self.pause(self.mode)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        session.mode = mode = self.mode_of(address)
        say("rcpt", to=address)
        await self.pause(mode)
        if mode == "busy" or (mode == "busy-once" and self.first_time(mode)):
            return "451 4.3.0 try again later"
        if mode == "refuse":
            return f"550 5.1.1 <{address}> is nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        taken = session.mode not in ("swallow", "spam") and not (
            session.mode == "swallow-once" and self.first_time("swallow-once")
        )
        tell(server, envelope, session, taken)
        await self.pause(session.mode)
        if session.mode == "spam":
            return "554 5.7.1 spam: " + " ".join(envelope.content.decode().split())[-400:]
        if not taken:
            await asyncio.sleep(FOREVER)
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        if getattr(session, "mode", self.mode) == "rude":
            await asyncio.sleep(FOREVER)
        return "221 Bye"


def encrypted(server):
    return server.transport.get_extra_info("sslcontext") is not None


def tell(server, envelope, session, taken):
    """What arrived, as a reader that is not ours understands it."""
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    parts = [part for part in mail.walk() if not part.is_multipart()]
    say(
        "data",
        taken=taken,
        tls=encrypted(server),
        signed_in=bool(session.authenticated),
        sender=envelope.mail_from,
        to=envelope.rcpt_tos,
        headers=[[name, str(value)] for name, value in mail.items()],
        kind=mail.get_content_type(),
        parts=[[part.get_content_type(), part.get_content_charset(), part.get_content()] for part in parts],
        defects=[str(defect) for part in mail.walk() for defect in part.defects],
        longest=max(map(len, envelope.content.split(b"\r\n"))),
        ascii=envelope.content.isascii(),
    )


class Server(SMTP):
    """One that can also hang up in the middle of a mail."""

    async def smtp_DATA(self, arg):
        if getattr(self.session, "mode", None) != "drop":
            return await super().smtp_DATA(arg)
        await self.push("354 go on")
        await self._reader.readline()
        self.transport.abort()


def authenticator(expected):
    def check(server, session, envelope, mechanism, data):
        right = (data.login.decode(), data.password.decode()) == expected
        say("auth", mechanism=mechanism, right=right, tls=encrypted(server))
        return AuthResult(success=right, handled=False)

    return check


def factory(options, handler, context):
    settings = {"hostname": "mail.example", "enable_SMTPUTF8": False}
    if options.tls == "starttls":
        settings |= {"tls_context": context, "require_starttls": True}
    if options.user:
        check = authenticator((options.user, options.password))
        settings |= {"authenticator": check, "auth_required": True, "auth_require_tls": False}
        settings["auth_exclude_mechanism"] = [name for name in ("PLAIN", "LOGIN") if name != options.mechanism]
    return lambda: Server(handler, **settings)


async def unfriendly(mode, reader, writer):
    say("connected")
    if mode == "full":
        writer.write(b"421 4.3.2 too many of you\r\n")
        writer.close()
    else:
        await asyncio.sleep(FOREVER)


async def main(options):
    context = None
    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert)
    implicit = context if options.tls == "implicit" else None
    loop = asyncio.get_running_loop()
    if options.mode in ("mute", "full"):
        greet = lambda reader, writer: unfriendly(options.mode, reader, writer)
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
    else:
        handler = Handler(options.mode, options.delay)
        server = await loop.create_server(factory(options, handler, context), "127.0.0.1", 0, ssl=implicit)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--mode", default="ok")
arguments.add_argument("--delay", type=float, default=0.2)
arguments.add_argument("--tls", choices=("none", "starttls", "implicit"), default="none")
arguments.add_argument("--cert", help="a file with the certificate and its key")
arguments.add_argument("--user")
arguments.add_argument("--password")
arguments.add_argument("--mechanism", default="PLAIN")
asyncio.run(main(arguments.parse_args()))
