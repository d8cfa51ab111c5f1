"""TCP between the services: a server that receives one message per connection, and the client."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from common.domain.errors import Busy, Failure, ForecastFailed, InvalidRequest
from common.rpc.addresses import Address
from common.rpc.channels import CHUNK, Channel, PeerNotTrusted, TlsChannel
from common.rpc.framing import LineReceiver
from common.rpc.messages import (
    ForeignPeer,
    Message,
    Order,
    PricesCommand,
    Reply,
    decode_message,
    decode_reply,
    encode,
    make_rejected_reply,
)
from common.rpc.tls import Credentials
from common.runtime.log_limits import LogLimit
from common.runtime.logs import log_context
from common.runtime.metrics import UNTRUSTED_PEERS
from common.runtime.tracing.spans import span, traceparent

READ_TIMEOUT_S = 5.0
REPLY_TIMEOUT_S = 3.0
LEAST_REPLY_TIMEOUT_S = 0.25
CONNECT_TIMEOUT_S = 3.0
"""The most seconds of connecting, TLS handshake included; a command's reply may take much longer."""
UNREACHABLE = "The service cannot be reached at the moment. Try again in a moment."
MISCONFIGURED = (
    "The service is not set up correctly, so it cannot answer at the moment. Try again in a few minutes; "
    "if it lasts, its operator has to repair its settings."
)
MISCONFIGURED_RETRY_S = 30
MAX_CONNECTIONS = 500
BACKLOG = 1024
"""The most connections that the kernel queues until they are accepted."""
ACCEPTED_AT_ONCE = 32
"""The most connections that asyncio accepts in a row. Without a free file descriptor it logs and retries as often."""
_log = logging.getLogger(__name__)

Handler = Callable[[Order], Awaitable[Reply]]
CommandHandler = Callable[[PricesCommand], Awaitable[Reply]]
T = TypeVar("T")


class Unreachable(Busy):
    """The peer could not be connected to; nothing was sent."""


class NoReply(Busy):
    """The peer did not reply in time; whether it accepted the message is unknown."""


class ConnectionLost(NoReply):
    """The connection ended before the reply, as when the peer crashes; sending again is safe."""


class OrderServer:
    """A server that receives one message per connection, handles it and sends the reply.

    An invalid message gets a ``rejected`` reply. A slow or silent peer occupies a connection for at most
    ``read_timeout_s``.

    Args:
        handle: handles an order.
        handle_command: handles a command, and returns once the command is complete; None rejects all commands.
        max_connections: the most open connections; when full, the server closes the one that is silent for longest.
        read_timeout_s: seconds to wait for a peer's data.
    """

    def __init__(
        self,
        handle: Handler,
        *,
        handle_command: CommandHandler | None = None,
        max_connections: int = MAX_CONNECTIONS,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._handle = handle
        self._handle_command = handle_command
        self._max_connections = max_connections
        self._read_timeout_s = read_timeout_s
        self._connections: set[asyncio.Task[None]] = set()
        self._silent: dict[asyncio.Task[None], asyncio.StreamReader] = {}
        self._server: asyncio.Server | None = None
        self._credentials: Credentials | None = None
        self._token: str | None = None
        self._log_limit = LogLimit(_log)

    async def start(self, address: Address) -> Address:
        """Listen; return the address, with the actual port if port 0 was requested.

        If the address has credentials, peers must present a certificate of the same authority. If it has a token,
        every message must carry it.
        """
        self._credentials, self._token = address.credentials, address.token
        self._server = await asyncio.start_server(self._serve, address.host, address.port, backlog=ACCEPTED_AT_ONCE)
        for listening in self._server.sockets:
            with socket.fromfd(listening.fileno(), listening.family, listening.type) as same:
                same.listen(BACKLOG)
        host, port = self._server.sockets[0].getsockname()[:2]
        return Address(host, port, address.credentials, address.token)

    async def stop(self) -> None:
        """Stop listening, and wait for the open connections to end. May be called again."""
        if self._server is None:
            return
        self._server.close()
        await self._server.wait_closed()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def is_accepting(self) -> bool:
        """Whether new connections are accepted."""
        return self._server is not None and self._server.is_serving()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this in its own task
        self._connections.add(task)
        try:
            await self._handle_connection(self._make_channel(reader, writer), reader)
            await _linger(reader, writer)
        except (OSError, TimeoutError):
            _log.debug("a peer went away before its reply")
        finally:
            writer.close()
            self._connections.discard(task)

    def _make_channel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Channel:
        if self._credentials is None:
            return Channel(reader, writer)
        return TlsChannel(reader, writer, self._credentials.server_context())

    async def _handle_connection(self, channel: Channel, reader: asyncio.StreamReader) -> None:
        is_full = len(self._connections) > self._max_connections and not self._make_room()
        try:
            await self._wait_for_peer(reader, channel.complete_handshake())
        except PeerNotTrusted as exc:
            UNTRUSTED_PEERS.inc()
            _log.warning("a peer was refused: %s", exc)
            return
        reply = make_rejected_reply(Busy()) if is_full else await self._receive_and_reply(channel, reader)
        if reply is not None:
            await asyncio.wait_for(channel.write(encode(reply)), self._read_timeout_s)

    async def _receive_and_reply(self, channel: Channel, reader: asyncio.StreamReader) -> Reply | None:
        try:
            line = await self._wait_for_peer(reader, _read_line(channel))
        except TimeoutError:
            return make_rejected_reply(InvalidRequest("The line did not arrive in time."))
        except Failure as failure:
            return make_rejected_reply(failure)
        return None if line is None else await self._handle_line(line)

    async def _wait_for_peer(self, reader: asyncio.StreamReader, awaited: Awaitable[T]) -> T:
        """Wait for the peer's data up to the read time-out; a full server may close this connection meanwhile."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - see _serve
        self._silent[task] = reader
        try:
            async with asyncio.timeout(self._read_timeout_s):
                return await awaited
        finally:
            self._silent.pop(task, None)

    def _make_room(self) -> bool:
        """Close the connection that has been silent for longest; return False if none is silent.

        Clients of this module send their line at once, so silent peers cannot block them.
        """
        oldest = next(iter(self._silent), None)
        if oldest is None:
            return False
        self._silent.pop(oldest).set_exception(ConnectionAbortedError("closed for a newer connection"))
        return True

    async def _handle_line(self, line: bytes) -> Reply:
        try:
            message = decode_message(line, self._token)
        except Failure as failure:
            return make_rejected_reply(failure)
        except ForeignPeer as exc:
            UNTRUSTED_PEERS.inc()
            self._log_foreign_peer(exc)
            return make_rejected_reply(Busy(MISCONFIGURED, retry_after_s=MISCONFIGURED_RETRY_S))
        name = f"receive {_name(message)}"
        with (
            span(name, "server", message.traceparent),
            log_context(message.request_id, message.ticker, "accepting"),
        ):
            try:
                return await self._dispatch(message)
            except Failure as failure:
                return make_rejected_reply(failure, message.request_id)
            except Exception:  # noqa: BLE001 - the peer gets a reply, the log the traceback
                _log.exception("a message could not be handled")
                return make_rejected_reply(ForecastFailed(), message.request_id)

    def _log_foreign_peer(self, exc: ForeignPeer) -> None:
        """Log a refused token, and the setting to correct, at most once a period."""
        message = "a peer was refused: %s; set the same SERVICE_TOKEN for all services"
        self._log_limit.log(logging.ERROR, "token", message, exc)

    async def _dispatch(self, message: Message) -> Reply:
        if isinstance(message, Order):
            return await self._handle(message)
        if self._handle_command is None:
            raise InvalidRequest("kind: this service accepts no such message.")
        return await self._handle_command(message)


async def _read_line(channel: Channel) -> bytes | None:
    receiver = LineReceiver()
    line = None
    while line is None:
        data = await channel.read()
        if not data:
            receiver.receive_eof()
            return None
        line = receiver.receive(data)
    return line


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read for a moment: closing with unread bytes would reset the connection and could lose the reply."""
    writer.write_eof()
    with suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            while await reader.read(CHUNK):
                pass


def send_order(address: Address, message: Message, timeout_s: float = REPLY_TIMEOUT_S) -> Reply:
    """Send one message and return the reply, within ``timeout_s`` seconds.

    Raises:
        Unreachable: the peer could not be connected to; it received nothing.
        NoReply: the peer did not reply in time; whether it accepted the message is unknown.
        ConnectionLost: the connection ended before the reply; whether the peer accepted the message is unknown.
    """
    peer: dict[str, Any] = {"server.address": address.host, "server.port": address.port}
    with span(f"send {_name(message)}", "client", **peer):
        return _send(address, _within_trace(message), timeout_s)


def _name(message: Message) -> str:
    return "order" if isinstance(message, Order) else message.action


def _within_trace(message: Message) -> Message:
    """Return the message with the current span, if there is one."""
    current = traceparent()
    return message if current is None else message.model_copy(update={"traceparent": current})


def _send(address: Address, message: Message, timeout_s: float) -> Reply:
    give_up = time.monotonic() + timeout_s
    try:
        sock = _connect(address, min(CONNECT_TIMEOUT_S, timeout_s))
    except OSError as exc:
        _log_refused_certificate(address, exc)
        raise Unreachable(UNREACHABLE) from exc
    with sock:
        try:
            sock.settimeout(_remaining_s(give_up))
            sock.sendall(encode(message, address.token))
            return _read_reply(sock, give_up)
        except (TimeoutError, InvalidRequest) as exc:
            raise NoReply(UNREACHABLE) from exc
        except OSError as exc:
            _log_refused_certificate(address, exc)
            raise ConnectionLost(UNREACHABLE) from exc


def _connect(address: Address, timeout_s: float) -> socket.socket:
    give_up = time.monotonic() + timeout_s
    sock = socket.create_connection((address.host, address.port), timeout=timeout_s)
    if address.credentials is None:
        return sock
    sock.settimeout(_remaining_s(give_up))
    return address.credentials.client_context().wrap_socket(sock, server_hostname=address.host)


def _remaining_s(give_up: float) -> float:
    """Return the seconds until ``give_up``, at least a millisecond: a time-out of 0 would mean non-blocking."""
    return max(give_up - time.monotonic(), 0.001)


def _log_refused_certificate(address: Address, exc: Exception) -> None:
    """Log and count a refused certificate, which would otherwise look like an unreachable peer."""
    if isinstance(exc, ssl.SSLError) and not isinstance(exc, ssl.SSLEOFError):
        UNTRUSTED_PEERS.inc()
        reason = getattr(exc, "verify_message", "") or exc.reason
        _log.warning("no trusted connection to the server at %s: %s", address, reason)


def _read_reply(sock: socket.socket, give_up: float) -> Reply:
    receiver = LineReceiver()
    line = None
    while line is None:
        sock.settimeout(_remaining_s(give_up))
        data = sock.recv(CHUNK)
        if not data:
            raise ConnectionResetError("closed before the reply")
        line = receiver.receive(data)
    return decode_reply(line)


def deliver(address: Address, message: Message, retry_s: float, *, within_s: float | None = None) -> Reply:
    """Send a message, and send it again while no peer can be reached; return the reply.

    Sending again is safe: a stage of an attempt begins once, and a repeated command has the effect of one.

    Args:
        address: the peer.
        message: the order or command; its budget is reduced by the time already spent.
        retry_s: seconds in which a further attempt may begin.
        within_s: seconds from the first attempt in which the reply must arrive; None is the time-out of an order's
            reply for each attempt.

    Raises:
        Failure: the last reply was a refusal.
        Unreachable: no peer could be reached.
        NoReply: a peer was reached and did not reply; it may still be working, so the message is not sent again.
        ConnectionLost: the connection to each peer that was reached ended before its reply.
    """
    started = time.monotonic()
    give_up = started + retry_s
    pause = 0.05
    while True:
        try:
            left = give_up - time.monotonic()
            timeout_s = min(REPLY_TIMEOUT_S, left) if within_s is None else started + within_s - time.monotonic()
            reply = send_order(address, _reduce_budget(message, started), max(timeout_s, LEAST_REPLY_TIMEOUT_S))
            reply.raise_if_rejected()
        except Busy as failure:
            may_help = isinstance(failure, Unreachable | ConnectionLost)
            if not may_help or time.monotonic() + pause >= give_up:
                raise
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, 0.5)
        else:
            return reply


def _reduce_budget(message: Message, since: float) -> Message:
    spent_ms = int((time.monotonic() - since) * 1000)
    return message.model_copy(update={"budget_ms": max(message.budget_ms - spent_ms, 0)})
