"""What a call leaves behind when it is over: nothing that waits for the collector, which comes seldom."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import grpc
import pytest
from grpc import aio

from services.model.errors import OverloadedError
from services.runtime.interceptors.errors import translate_errors
from services.runtime.interceptors.wrapping import AroundInterceptor, Call, nested

CALLS: Final = 30
FEW: Final = 3


def calls_alive() -> int:
    """How many calls the server has in memory."""
    return sum(type(known).__name__ == "RPCState" for known in gc.get_objects())


class Passing:
    """Lets every call pass; counts them in the first, since it takes long, to see that what is counted is there."""

    def __init__(self) -> None:
        self.alive = 0

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self.alive = self.alive or calls_alive()


@asynccontextmanager
async def refusing(call: Call) -> AsyncIterator[None]:
    if call.method == "RefusedBefore":
        raise OverloadedError("full", 1)
    yield


async def answer(request: bytes, context: Any) -> bytes:
    return request


async def refuse(request: bytes, context: Any) -> bytes:
    raise OverloadedError("full", 1)


async def answer_all(requests: AsyncIterator[bytes], context: Any) -> bytes:
    return b"".join([part async for part in requests])


async def answer_first(requests: AsyncIterator[bytes], context: Any) -> bytes:
    return await anext(requests)


async def stream(request: bytes, context: Any) -> AsyncIterator[bytes]:
    yield request
    yield request


async def stream_and_refuse(request: bytes, context: Any) -> AsyncIterator[bytes]:
    yield request
    raise OverloadedError("full", 1)


HANDLERS: Final = {
    "Answer": grpc.unary_unary_rpc_method_handler(answer),
    "RefusedBefore": grpc.unary_unary_rpc_method_handler(answer),
    "RefusedAfter": grpc.unary_unary_rpc_method_handler(refuse),
    "AnswerAll": grpc.stream_unary_rpc_method_handler(answer_all),
    "AnswerFirst": grpc.stream_unary_rpc_method_handler(answer_first),
    "Stream": grpc.unary_stream_rpc_method_handler(stream),
    "StreamAndRefuse": grpc.unary_stream_rpc_method_handler(stream_and_refuse),
}


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.asyncio
@pytest.mark.parametrize("method", HANDLERS)
async def test_a_call_that_is_over_is_gone(method: str, no_collector: None) -> None:
    passing = Passing()
    around = nested([passing.around, translate_errors(lambda: "incident"), passing.around, refusing])
    server = aio.server(interceptors=[AroundInterceptor(around, 60.0)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Probe", HANDLERS),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call: Any = channel.stream_stream(f"/test.Probe/{method}")  # type: ignore[call-arg]
        before = calls_alive()
        for _ in range(CALLS):
            with suppress(aio.AioRpcError):
                async for _answer in call(iter([b"a" * 1_000])):
                    pass
        left = calls_alive() - before
    gc.enable()
    await server.stop(None)
    assert passing.alive >= 1
    assert left <= FEW
