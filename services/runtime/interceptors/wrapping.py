"""One way to put something around calls of all four kinds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from enum import StrEnum
from inspect import isasyncgen, isawaitable
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import DecodeError
from grpc import aio

from services.model.errors import InvalidInputError, Violation

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


class AroundInterceptor(_ServerInterceptor):
    """Puts an ``Around`` around every call of a known method."""

    def __init__(self, around: Around) -> None:
        self._around = around

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Wrap the method's handler; an unknown method has none."""
        handler: Handler | None = await continuation(handler_call_details)
        if handler is None:
            return handler  # type: ignore[return-value]  # how gRPC says that there is no such method
        return wrap(handler, handler_call_details.method, self._around)


def wrap(handler: Handler, path: str, around: Around) -> Handler:
    """Rebuild the handler of ``/service/method`` with ``around`` around it.

    A method that yields its messages becomes one that writes them, so that what goes wrong in writing passes through
    ``around``, in the task that entered it. A client that goes away during a write cancels the call like any other.
    """
    service, _, method = path.removeprefix("/").rpartition("/")
    kind, behaviour, rebuild = _parts(handler)
    read = _reader(handler)

    async def answer(request: Any, context: Context) -> Any:
        async with around(Call(service, method, kind, context)):
            answered = behaviour(read(request), context)
            return await answered if isawaitable(answered) else answered

    async def write(request: Any, context: Context) -> None:
        async with around(Call(service, method, kind, context)):
            answered = behaviour(read(request), context)
            try:
                await (_write_all(answered, context) if isasyncgen(answered) else answered)
            except aio.InternalError as error:
                raise asyncio.CancelledError("the client is gone") from error

    return rebuild(write if handler.response_streaming else answer, None, handler.response_serializer)


def _reader(handler: Handler) -> Callable[[Any], Any]:
    """Read requests within ``around``, so that bytes that are no message pass through it like any other mistake."""

    def read(request: Any) -> Any:
        if handler.request_deserializer is None:
            return request  # a handler that is wrapped already reads for itself
        try:
            return handler.request_deserializer(request)
        except DecodeError as error:
            raise InvalidInputError([Violation("request", "is not a message of this method")]) from error

    async def read_all(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for request in requests:
            yield read(request)

    return read_all if handler.request_streaming else read


async def _write_all(messages: AsyncGenerator[Any, Any], context: Context) -> None:
    async with aclosing(messages):
        async for message in messages:
            await context.write(message)


def _parts(handler: Handler) -> tuple[RpcKind, Callable[[Any, Any], Any], Callable[..., Handler]]:
    match bool(handler.request_streaming), bool(handler.response_streaming):
        case False, False:
            parts = RpcKind.UNARY, handler.unary_unary, grpc.unary_unary_rpc_method_handler
        case False, True:
            parts = RpcKind.SERVER_STREAM, handler.unary_stream, grpc.unary_stream_rpc_method_handler
        case True, False:
            parts = RpcKind.CLIENT_STREAM, handler.stream_unary, grpc.stream_unary_rpc_method_handler
        case _:
            parts = RpcKind.BIDI_STREAM, handler.stream_stream, grpc.stream_stream_rpc_method_handler
    return parts  # type: ignore[return-value]
