"""Notifications by mail to a small SMTP server on loopback."""

from __future__ import annotations

import socketserver
from datetime import UTC, date, datetime

import pytest

from common.sql.repositories.alerts import AlertEvent
from common.sql.repositories.channels import Channel, Delivery, DueDelivery
from test_support.network.http_server import serving
from webserver.alerts.channels.mail import MailSender, MailServer
from webserver.alerts.channels.notification import DeliveryFailed

NOW = datetime(2013, 3, 2, 12, tzinfo=UTC)
SENTENCE = "AAPL closed at 121.00 USD on Mon 4 Mar 2013, above 120.00."


class Mailbox(socketserver.ThreadingTCPServer):
    """An SMTP server without TLS that keeps the mails, and answers a recipient with ``answer``."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.mails = []
        self.commands = []
        self.answer = "250 ok"

    @property
    def url(self):
        return f"127.0.0.1:{self.server_address[1]}"


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            command = line.decode().strip()
            self.server.commands.append(command)
            name = command.split(" ")[0].upper()
            if name == "DATA":
                self.wfile.write(b"354 go on\r\n")
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
            answer = self.server.answer if name == "RCPT" else "221 bye" if name == "QUIT" else "250 ok"
            self.wfile.write(f"{answer}\r\n".encode())
            if name == "QUIT":
                return


@pytest.fixture
def mailbox():
    with serving(Mailbox()) as server:
        yield server


def due():
    delivery = Delivery("d1", "e1", "c1", "pending", 1, NOW, "", NOW)
    channel = Channel("c1", "a1", "mail", "Me", {"to": "me@example.com"}, None, NOW)
    event = AlertEvent(date(2013, 3, 4), SENTENCE, {}, "e1", "alert1", NOW)
    return DueDelivery(delivery, channel, event, "AAPL")


def send(url):
    return MailSender(MailServer.parse(url, "stockcast@example.com")).send(due())


def test_a_mail_has_the_sentence_and_the_same_id_in_every_attempt(mailbox):
    send(f"smtp://{mailbox.url}")
    send(f"smtp://{mailbox.url}")
    first, second = mailbox.mails
    assert SENTENCE in first
    assert "Subject: Stockcast: AAPL" in first
    assert "To: me@example.com" in first
    assert "Message-ID: <d1@stockcast>" in first
    assert "Message-ID: <d1@stockcast>" in second


def test_a_refused_recipient_is_final_and_a_busy_server_is_not(mailbox):
    mailbox.answer = "550 no such person"
    with pytest.raises(DeliveryFailed) as refused:
        send(f"smtp://{mailbox.url}")
    mailbox.answer = "451 later"
    with pytest.raises(DeliveryFailed) as busy:
        send(f"smtp://{mailbox.url}")
    assert (refused.value.is_final, busy.value.is_final) == (True, False)


def test_a_password_is_not_sent_without_tls(mailbox):
    with pytest.raises(DeliveryFailed, match="no TLS"):
        send(f"smtp://user:planted@{mailbox.url}")
    assert not any("AUTH" in command or "planted" in command for command in mailbox.commands)


def test_a_server_that_is_away_is_tried_again():
    with pytest.raises(DeliveryFailed) as away:
        send("smtp://127.0.0.1:1")
    assert not away.value.is_final


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail.example:port"])
def test_a_wrong_address_of_the_mail_server_is_refused(url):
    with pytest.raises(ValueError, match=r"smtp|port|Port"):
        MailServer.parse(url, "stockcast@example.com")
