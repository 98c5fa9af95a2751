"""Bookings: what a task takes up on a line, and what one more costs or gives back."""

from __future__ import annotations

from services.route.kernel.arrays import BARRED, FREE, Problem, State
from services.route.kernel.compiled import compiled
from services.route.kernel.places import NEVER
from services.route.kernel.problem import NO_LIMIT


@compiled
def price_of(p: Problem, s: State, option: int) -> int:
    """What a booking adds to the cost, charges that others pay already left out; ``NEVER`` where there is no room."""
    quota = p.option[option].quota
    if quota >= 0 and s.quota_used[quota] + p.option[option].pieces > p.quota_pieces[quota]:
        return NEVER
    for row in range(p.option[option].first, p.option[option].last):
        for d in range(p.room.shape[1]):
            if s.used[row, d] + p.option_load[option, d] > p.room[row, d]:
                return NEVER
    price = p.option[option].price + p.option[option].late
    for place in range(p.option_charges.shape[1]):
        charge = p.option_charges[option, place]
        if charge >= 0 and s.charge_terms[charge] == BARRED:
            return NEVER
        if charge >= 0 and s.charge_users[charge] == 0 and s.charge_terms[charge] != FREE:
            price += p.charge_price[charge]
    account = p.option[option].account
    if account >= 0:
        price -= p.option[option].price
        price += _account_cost(p, s, account, 1, p.option[option].price) - _account_cost(p, s, account, 0, 0)
    return price


@compiled
def _account_cost(p: Problem, s: State, account: int, more: int, price: int) -> int:
    if s.account[account].users + more == 0:
        return 0
    return max(p.minimum[account], s.account[account].price + price)


@compiled
def book(p: Problem, s: State, task: int, option: int) -> None:
    """Book a task; if to a station, a vehicle has yet to do the rest."""
    _change(p, s, option, 1)
    s.mark[task].option = option
    s.node[task].release = max(p.task[task].release, p.option[option].ready)
    s.node[task].due = p.option[option].due


@compiled
def unbook(p: Problem, s: State, task: int) -> None:
    """Give a task's booking back."""
    _change(p, s, s.mark[task].option, -1)
    s.mark[task].option = -1
    s.node[task].release = p.task[task].release
    s.node[task].due = NO_LIMIT


@compiled
def _change(p: Problem, s: State, option: int, sign: int) -> None:
    cost = sign * p.option[option].late
    quota = p.option[option].quota
    if quota >= 0:
        s.quota_used[quota] += sign * p.option[option].pieces
    for row in range(p.option[option].first, p.option[option].last):
        for d in range(p.room.shape[1]):
            s.used[row, d] += sign * p.option_load[option, d]
    for place in range(p.option_charges.shape[1]):
        charge = p.option_charges[option, place]
        if charge >= 0:
            if sign > 0 and s.charge_users[charge] == 0:
                cost += p.charge_price[charge]
            s.charge_users[charge] += sign
            if sign < 0 and s.charge_users[charge] == 0:
                cost -= p.charge_price[charge]
    account = p.option[option].account
    if account >= 0:
        cost -= _account_cost(p, s, account, 0, 0)
        s.account[account].users += sign
        s.account[account].price += sign * p.option[option].price
        cost += _account_cost(p, s, account, 0, 0)
    else:
        cost += sign * p.option[option].price
    s.one[0].cost += cost
