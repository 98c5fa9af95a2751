"""How the store is reached: time limits, repeats, as many connections as there are calls, TLS set up once."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import RedisSSLContext, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff

_MAX_CONNECTIONS: Final = 1000  # one for each watcher and each call under way


def connect(url: str) -> Redis:
    """Make a client of the store at ``url``; it connects when first used, and is to be closed by ``aclose``."""
    pool: ConnectionPool = ConnectionPool.from_url(
        url,
        socket_connect_timeout=2.0,
        socket_timeout=5.0,
        health_check_interval=30,
        max_connections=_MAX_CONNECTIONS,
        retry=Retry(ExponentialWithJitterBackoff(cap=0.5, base=0.05), retries=2),
    )
    if issubclass(pool.connection_class, SSLConnection):
        tls = pool.connection_class(**pool.connection_kwargs).ssl_context
        pool.connection_class, pool.connection_kwargs = _TlsConnection, {**pool.connection_kwargs, "tls": tls}
    return Redis.from_pool(pool)


class _TlsConnection(SSLConnection):
    """One of many connections with the same context.

    Each would otherwise make its own, and read the machine's roots for it: a fifth of a second in which nothing else is
    done.
    """

    def __init__(self, *, tls: RedisSSLContext, **options: Any) -> None:
        super().__init__(**options)
        self.ssl_context = tls
