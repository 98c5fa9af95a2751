"""One way to put something around calls of all four kinds.

A request is read inside of what stands around its call, also where there is only one: a call that is refused costs no
memory for its message, and one whose message never comes is counted and timed like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from inspect import isasyncgen, isawaitable
from typing import TYPE_CHECKING, Any, Final, cast

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError
from grpc import aio

from services.model.errors import DeadlineError, InvalidInputError, Violation
from services.runtime.interceptors.entries import bound_entries, request_type

# Reading so much takes long enough for other calls to notice.
_LARGE_BYTES: Final = 1024 * 1024

if TYPE_CHECKING:
    Context = aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]
    _ServerInterceptor = aio.ServerInterceptor[Any, Any]
else:
    Context = aio.ServicerContext
    Handler = grpc.RpcMethodHandler
    _ServerInterceptor = aio.ServerInterceptor


class RpcKind(StrEnum):
    """Kind of a method, in the words of its metrics."""

    UNARY = "unary"
    CLIENT_STREAM = "client_stream"
    SERVER_STREAM = "server_stream"
    BIDI_STREAM = "bidi_stream"


@dataclass(frozen=True, slots=True)
class Call:
    """A call under way."""

    service: str
    method: str
    kind: RpcKind
    context: Context


Around = Callable[[Call], AbstractAsyncContextManager[None]]
"""Is entered before a method runs and left when its last message is sent, whatever happened."""


def nested(arounds: Sequence[Around]) -> Around:
    """Make one of several, the outermost first.

    Not by an exit stack: that leaves an exception and its frames in a circle, and with them the message of a call that
    was refused, until the collector comes by.
    """

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        if not arounds:
            yield
            return
        async with arounds[0](call), inner(call):
            yield

    inner = nested(arounds[1:]) if arounds else around
    return around


class AroundInterceptor(_ServerInterceptor):
    """Puts an ``Around`` around every call of a known method, and waits ``idle_s`` at most for each request message."""

    def __init__(self, around: Around, idle_s: float) -> None:
        self._around = around
        self._idle_s = idle_s

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Wrap the method's handler; an unknown method has none."""
        handler: Handler | None = await continuation(handler_call_details)
        if handler is None:
            return handler  # type: ignore[return-value]  # how gRPC says that there is no such method
        return wrap(handler, handler_call_details.method, self._around, self._idle_s)


def wrap(handler: Handler, path: str, around: Around, idle_s: float) -> Handler:
    """Rebuild the handler of ``/service/method`` with ``around`` around it.

    The new one takes a stream of requests even where the method takes one: on the wire that is the same. A method that
    yields its messages becomes one that writes them, so that what goes wrong in writing passes through ``around``, in
    the task that entered it. A client that goes away during a write cancels the call like any other.
    """
    service, _, method = path.removeprefix("/").rpartition("/")
    kind, behaviour = _parts(handler)
    read = _reader(handler, request_type(f"{service}/{method}"), idle_s)

    async def answer(requests: AsyncIterator[Any], context: Context) -> Any:
        with _forgetting():
            async with around(Call(service, method, kind, context)):
                answered = behaviour(await read(requests), context)
                return await answered if isawaitable(answered) else answered

    async def write(requests: AsyncIterator[Any], context: Context) -> None:
        with _forgetting():
            async with around(Call(service, method, kind, context)):
                answered = behaviour(await read(requests), context)
                try:
                    await (_write_all(answered, context) if isasyncgen(answered) else answered)
                except aio.InternalError as error:
                    raise asyncio.CancelledError("the client is gone") from error

    if handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler(write, None, handler.response_serializer)
    return grpc.stream_unary_rpc_method_handler(answer, None, handler.response_serializer)


@contextmanager
def _forgetting() -> Iterator[None]:
    """Have a call that was aborted leave nothing behind.

    The server keeps the error with the call, and the error its traceback, in which are the call and its message: a
    circle that would wait for the collector. The server raises the error once more when the method returns.
    """
    try:
        yield
    except aio.AbortError as error:
        error.__traceback__ = error.__context__ = None


def _reader(
    handler: Handler, message_type: Descriptor | None, idle_s: float
) -> Callable[[AsyncIterator[Any]], Awaitable[Any]]:
    """Make what the method takes of a stream of bytes: its one request, or a stream of requests.

    Bytes that are no message, and messages that do not come, are mistakes of the caller like any other.
    """

    def decode(request: bytes) -> Any:
        if handler.request_deserializer is None:
            return request
        if message_type is not None:
            bound_entries(message_type, request)
        try:
            return handler.request_deserializer(request)
        except DecodeError as error:
            raise InvalidInputError([Violation("request", "is not a message of this method")]) from error

    async def decode_aside(request: bytes) -> Any:
        return decode(request) if len(request) < _LARGE_BYTES else await asyncio.to_thread(decode, request)

    async def coming(requests: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with asyncio.timeout(idle_s) as limit:
                return await anext(requests, None)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise DeadlineError(f"no message came for {idle_s:g} s") from error

    async def read_one(requests: AsyncIterator[bytes]) -> Any:
        async with aclosing(_messages(requests)) as messages:
            request = await coming(messages)
        if request is None:
            raise InvalidInputError([Violation("request", "is missing")])
        return await decode_aside(request)

    async def decode_all(requests: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async with aclosing(_messages(requests)) as messages:
            while (request := await coming(messages)) is not None:
                yield await decode_aside(request)

    async def read_all(requests: AsyncIterator[bytes]) -> Any:
        return decode_all(requests)

    return read_all if handler.request_streaming else read_one


def _messages(requests: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Iterate over requests; to be closed when no more are wanted, else it waits for the collector with its call."""
    messages: Any = aiter(requests)
    return cast("AsyncGenerator[bytes, None]", messages)


async def _write_all(messages: AsyncGenerator[Any, Any], context: Context) -> None:
    async with aclosing(messages):
        async for message in messages:
            await context.write(message)


def _parts(handler: Handler) -> tuple[RpcKind, Callable[[Any, Any], Any]]:
    match bool(handler.request_streaming), bool(handler.response_streaming):
        case False, False:
            parts = RpcKind.UNARY, handler.unary_unary
        case False, True:
            parts = RpcKind.SERVER_STREAM, handler.unary_stream
        case True, False:
            parts = RpcKind.CLIENT_STREAM, handler.stream_unary
        case _:
            parts = RpcKind.BIDI_STREAM, handler.stream_stream
    return parts  # type: ignore[return-value]
