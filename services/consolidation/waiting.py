"""What it costs to leave a consignment until tomorrow, or that it may not wait: the offer of hold-or-go.

Whether it waits is for the route service to decide, together with everything else.
"""

from __future__ import annotations

import polars as pl

from services.model.agreements import Temperature
from services.model.consignments import Goods
from services.model.day import HoldPolicy


def wait_fen(policy: HoldPolicy) -> pl.Expr:
    """Price the waiting of consignments, null where they have to go today.

    A piece costs the policy's price when it is due tomorrow, half of it when it has two days left, a third with three:
    the price rises as the promise comes near, and on its last day nothing is offered, so that leaving it would cost
    what leaving an unserved consignment costs. Cold goods, emergencies and universal-service mail never wait.

    Reads ``pieces``, ``due_in_days``, ``temperature``, ``emergency`` and ``goods``.
    """
    days = pl.col("due_in_days").cast(pl.Int64)
    may_wait = (
        pl.lit(policy.is_offered)
        & (days > 0)
        & (pl.col("temperature") == Temperature.AMBIENT.value)
        & ~pl.col("emergency")
        & (pl.col("goods") != Goods.MAIL.value)
    )
    price = (pl.col("pieces") * policy.fen_per_piece + days - 1) // days
    return pl.when(may_wait).then(price).otherwise(pl.lit(None, pl.Int64))
