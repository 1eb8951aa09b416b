"""Mail, databases and web without TLS, or with it too late."""
from generator import capture
from generator.messages import HANDSHAKE, TLS10, client_extensions12, client_hello, record


def smtp(out, *dialogue, offers=True):
    """The greeting (4), EHLO (5), what the server can do (6), then lines in turn, client first."""
    c = out.connection("10.9.0.2:587")
    c.server(b"220 mail.example.test ESMTP\r\n")
    c.client(b"EHLO client.example.test\r\n")
    c.server(b"250-mail.example.test\r\n" + (b"250-STARTTLS\r\n" if offers else b"") +
             b"250-AUTH PLAIN CRAM-MD5\r\n250 8BITMIME\r\n")
    for i, line in enumerate(dialogue):
        (c.server if i % 2 else c.client)(line)
    c.close()


@capture
def smtp_offer_ignored(out):
    """Credentials in 7."""
    smtp(out, b"AUTH PLAIN AGEAYg==\r\n", b"235 2.7.0 yes\r\n", b"QUIT\r\n", b"221 2.0.0 bye\r\n")


@capture
def smtp_looked_at(out):
    smtp(out, b"QUIT\r\n", b"221 2.0.0 bye\r\n")


@capture
def smtp_refused(out):
    """Asked for in 7, refused in 8."""
    smtp(out, b"STARTTLS\r\n", b"454 4.7.0 TLS not available\r\n", b"QUIT\r\n", b"221 bye\r\n")


@capture
def smtp_external(out):
    """Who the client is, its address says."""
    smtp(out, b"AUTH EXTERNAL =\r\n", b"235 2.7.0 yes\r\n", b"QUIT\r\n", b"221 2.0.0 bye\r\n",
         offers=False)


def upgraded(out, request):
    c = out.connection("10.9.0.2:587")
    c.server(b"220 mail.example.test ESMTP\r\n")
    c.client(b"EHLO client.example.test\r\n")
    c.server(b"250-mail.example.test\r\n250 STARTTLS\r\n")
    c.client(request)
    c.server(b"220 2.0.0 go ahead\r\n")
    c.client(record(HANDSHAKE, client_hello(out.fresh(32), (0xC02F,), client_extensions12()),
                    TLS10))
    c.close()


@capture
def smtp_injected(out):
    """A command behind STARTTLS (7); the answer is 8."""
    upgraded(out, b"STARTTLS\r\nRSET\r\n")


@capture
def smtp_upgraded(out):
    upgraded(out, b"STARTTLS\r\n")


@capture
def postgresql_refused(out):
    """SSLRequest (4) and N (5)."""
    c = out.connection("10.9.0.2:5432")
    c.client(bytes.fromhex("00000008 04d2162f"))
    c.server(b"N")
    c.close()


def http(out, request, response):
    """Frames 4 and 5."""
    c = out.connection("10.9.0.2:80")
    c.client(request)
    c.server(response)
    c.close()


@capture
def http_upgrade(out):
    http(out, b"OPTIONS * HTTP/1.1\r\nHost: www.example.test\r\nUpgrade: TLS/1.2\r\n"
              b"Connection: Upgrade\r\n\r\n",
         b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
