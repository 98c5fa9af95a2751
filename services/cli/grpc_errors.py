"""A gRPC status in words: its message, every field violation, and when to ask again."""

from __future__ import annotations

from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status


def explain_status(error: grpc.RpcError) -> str:
    """Write a status and its google.rpc details out as lines."""
    code = error.code().name if isinstance(error, grpc.Call) else "UNKNOWN"
    lines = [f"{code}: {error.details() if isinstance(error, grpc.Call) else error}"]
    status: Any = rpc_status.from_call(error) if isinstance(error, grpc.Call) else None
    for detail in status.details if status is not None else ():
        bad_request, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Is(bad_request.DESCRIPTOR):
            detail.Unpack(bad_request)
            lines += [f"  {v.field}: {v.description}" for v in bad_request.field_violations]
        elif detail.Is(retry.DESCRIPTOR):
            detail.Unpack(retry)
            lines.append(f"  请在 {retry.retry_delay.seconds} 秒后重试 try again in {retry.retry_delay.seconds} s")
    return "\n".join(lines)
