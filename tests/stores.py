"""The store that tests of jobs run on: the embedded one, or another that the environment names.

``CUNTONG_TEST_STORE=redis-server`` has them start the ``redis-server`` on the path, with TLS, in place of the embedded
Valkey: ``CUNTONG_TEST_STORE=redis-server pytest tests/integration/test_runtime_jobs.py``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.runtime.embedded import EmbeddedStore
from tests.chaos.stores import Store, open_store

VARIABLE: Final = "CUNTONG_TEST_STORE"


def named_store() -> str | None:
    """The program that the environment names, if it names one."""
    return os.environ.get(VARIABLE) or None


@contextmanager
def store_of_tests() -> Iterator[str]:
    """Start the store, give its address, and end it."""
    if named_store() is None:
        with EmbeddedStore() as embedded:
            yield embedded.url
        return
    with tempfile.TemporaryDirectory(prefix="store-") as folder, killable_store_of_tests(Path(folder)) as store:
        yield store.url


@contextmanager
def killable_store_of_tests(folder: Path) -> Iterator[Store]:
    """The same as a process of its own on a port, which may be killed and started again."""
    program = named_store()
    with open_store(folder, program, has_tls=program is not None) as store:
        yield store
