from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from services.model.agreements import Sharing
from services.model.day import Day
from services.model.plan import Cost, Plan, Run, Unserved, UnservedReason
from services.settlement.facts import Facts
from services.settlement.own_means import OwnCost, OwnMeans, coalition_means, means_of, own_costs
from services.settlement.sharing import Game, games_of, portions_of, riding
from services.settlement.solver import SearchEffort
from tests.settlements import LookUp, any_price, county, day_of, express, goods, planned, third_party, transit

EFFORT = SearchEffort(7, 3)


def game_on(day: Day, runs: dict[str, Sequence[tuple[str, str]]], booked: dict[str, Sequence[tuple[str, str]]]) -> Game:
    """The one game of a plan."""
    facts = Facts.of(day, planned(day, runs, booked))
    (game,) = games_of(facts, portions_of(facts, []), [])
    return game


def asked(day: Day, game: Game, *members: str) -> OwnMeans:
    """What a coalition has, which is not nothing."""
    means = coalition_means(day, game, members)
    assert means is not None
    return means


def kinds(means: OwnMeans) -> list[str]:
    return [kind.vehicle_id for kind in means.means.kinds]


TO_TPL = third_party(Sharing.SHAPLEY)
DAY = day_of(county(TO_TPL), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2))
GAME = game_on(DAY, {"VAN-T": [("C-1", "AG-T"), ("C-2", "AG-T")]}, {})


def test_a_coalition_has_its_members_goods_and_its_members_kinds_of_vehicle() -> None:
    alone = asked(DAY, GAME, "EXP-A")
    assert [r.consignment.consignment_id for r in alone.goods] == ["C-1"]
    assert kinds(alone) == ["VAN-A"]
    assert kinds(asked(DAY, GAME, "EXP-A", "TPL")) == ["VAN-A", "VAN-T"]


def test_who_has_no_vehicle_hires_and_with_the_operator_need_not() -> None:
    assert kinds(asked(DAY, GAME, "EXP-B")) == ["VAN-A"]
    assert kinds(asked(DAY, GAME, "EXP-B", "TPL")) == ["VAN-T"]


def test_an_operator_without_goods_has_nothing_to_carry() -> None:
    assert coalition_means(DAY, GAME, ["TPL"]) is None


def test_trips_are_the_operator_s_and_without_it_goods_go_by_road() -> None:
    day = day_of(county(transit(Sharing.SHAPLEY)), goods("C-1", "EXP-A"))
    game = game_on(day, {}, {"T-BUS": [("C-1", "AG-BUS")]})
    with_bus, without = asked(day, game, "EXP-A", "BUS"), asked(day, game, "EXP-A")
    assert [t.trip_id for t in with_bus.means.trips] == ["T-BUS"]
    assert with_bus.goods[0].trip_id == "T-BUS"
    assert without.means.trips == ()
    assert without.goods[0].trip_id == ""


def test_a_carrier_s_coalition_of_one_is_the_carrier_alone() -> None:
    facts = Facts.of(DAY, planned(DAY, {"VAN-T": [("C-1", "AG-T"), ("C-2", "AG-T")]}))
    alone = means_of(DAY, ["EXP-A"], riding(facts, [DAY.consignments[0]]))
    assert alone == asked(DAY, GAME, "EXP-A")


def test_only_trips_of_the_game_and_goods_of_the_game_count() -> None:
    day = day_of(county(express(Sharing.SHAPLEY)), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2), goods("C-3", "BUS"))
    game = game_on(day, {"VAN-A": [("C-1", ""), ("C-2", "AG-A")]}, {"T-BUS": [("C-3", "")]})
    assert game.players == ("EXP-A", "EXP-B")
    assert game.trips == ()
    assert {r.consignment.consignment_id for r in game.goods} == {"C-1", "C-2"}


def test_equal_days_are_planned_once_and_who_carries_nothing_spends_nothing() -> None:
    solver = LookUp(any_price)
    wanted = [asked(DAY, GAME, "EXP-A"), None, asked(DAY, GAME, "EXP-B"), asked(DAY, GAME, "EXP-A")]
    costs, solves = own_costs(DAY, wanted, solver, EFFORT)
    assert costs[1] == OwnCost(0, 0)
    assert costs[0] == costs[3] == OwnCost(13_014, 0)
    assert len(solver.asked) == solves == 2
    assert solver.efforts == [EFFORT]


@dataclass(frozen=True, slots=True)
class _Short:
    """A solver whose vehicles carry one consignment each, so that it is short of them; ``price`` by their number."""

    price: Callable[[int], int]
    counts: list[int] = field(default_factory=list)

    def solve(self, days: Sequence[Day], effort: SearchEffort) -> Sequence[Plan]:
        return [self._plan(day) for day in days]

    def _plan(self, day: Day) -> Plan:
        vehicles = [v.vehicle_id for v in day.county.vehicles]
        self.counts.append(len(vehicles))
        served = [c.consignment_id for c in day.consignments[: len(vehicles)]]
        runs = [Run(v, v, (), (), 0, 0, 0, 0, 0, 0) for v, _ in zip(vehicles, served, strict=False)]
        left = [Unserved(c.consignment_id, UnservedReason.FLEET_EXHAUSTED, "") for c in day.consignments[len(served) :]]
        cost = Cost(vehicles_fen=self.price(len(runs)), unserved_fen=1_000 * len(left))
        return Plan(day.county.county_id, day.service_date, tuple(runs), (), (), tuple(left), cost)


def many(count: int) -> tuple[Day, OwnMeans]:
    """A carrier with a consignment in each of many villages, for a solver that needs a vehicle for each."""
    one = goods("C-0", "EXP-A", pieces=300)
    day = day_of(
        county(), *(replace(one, consignment_id=f"C-{i:02}", parcel_ids=(f"EXP-A/{i}",)) for i in range(count))
    )
    facts = Facts.of(day, planned(day, {"VAN-A": [(c.consignment_id, "") for c in day.consignments]}))
    means = means_of(day, ["EXP-A"], riding(facts, day.consignments))
    assert means is not None
    return day, means


def test_a_coalition_that_is_short_of_vehicles_gets_twice_as_many_until_it_is_not() -> None:
    day, means = many(20)
    solver = _Short(lambda runs: 10 * runs)
    # The first time there are twice as many as the pieces would fill.
    ((cost,), solves) = own_costs(day, [replace(means, count=4)], solver, EFFORT)
    assert solver.counts == [4, 8, 16, 20]
    assert (cost, solves) == (OwnCost(200, 0), 4)


def test_the_cheapest_of_its_plans_counts() -> None:
    day, means = many(8)
    ((cost,), _) = own_costs(day, [replace(means, count=4)], _Short(lambda runs: 9_000 * (runs > 4)), EFFORT)
    assert cost == OwnCost(4_000, 4_000)
