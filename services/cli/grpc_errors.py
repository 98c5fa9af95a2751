"""A gRPC status in words: its message, every field violation, and when to ask again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

_WORDS: Final = {
    grpc.StatusCode.INVALID_ARGUMENT: "输入有误",
    grpc.StatusCode.ALREADY_EXISTS: "请求编号已用于其他内容",
    grpc.StatusCode.NOT_FOUND: "没有这个计划",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "请求过大或过多",
    grpc.StatusCode.UNAUTHENTICATED: "未通过身份验证，请用 --token-file 给出有效令牌",
    grpc.StatusCode.PERMISSION_DENIED: "令牌没有此项权限",
    grpc.StatusCode.UNAVAILABLE: "服务未应答，请检查地址，或先运行 cuntong serve",
    grpc.StatusCode.DEADLINE_EXCEEDED: "超时",
    grpc.StatusCode.INTERNAL: "内部错误",
}

_REASONS: Final = {
    "PARCEL_NOT_FOUND": "没有这个快件",
    "NO_PLAN_STORE": "服务没有计划库，请用 --plan 给出文件夹",
}


def explain_status(error: grpc.RpcError) -> str:
    """Write a status and its google.rpc details out as lines."""
    if not isinstance(error, grpc.Call):
        return f"请求失败 {error}"
    status: Any = rpc_status.from_call(error)
    details = status.details if status is not None else ()
    words = _REASONS.get(_reason(details)) or _WORDS.get(error.code(), "请求失败")
    lines = [f"{words} {error.code().name}: {error.details()}"]
    for detail in details:
        bad_request, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Is(bad_request.DESCRIPTOR):
            detail.Unpack(bad_request)
            lines += [f"  {v.field}: {v.description}" for v in bad_request.field_violations]
        elif detail.Is(retry.DESCRIPTOR):
            detail.Unpack(retry)
            lines.append(f"  请在 {retry.retry_delay.seconds} 秒后重试 try again in {retry.retry_delay.seconds} s")
    return "\n".join(lines)


def _reason(details: Iterable[Any]) -> str:
    """Give the case that the details name."""
    for detail in details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    return ""
