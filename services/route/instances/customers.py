"""Customers with windows around one depot, as the sets that measure in double precision give them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.route.kernel.problem import Ints

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Customers:
    """Depot and customers, one row each, the depot first; ``vehicles`` alike with one ``capacity``.

    ``at`` (n, 2) are coordinates, whose Euclidean distance is the way's length and its duration; ``demand`` (n,);
    ``ready``, ``due`` (n,) say when service may begin, of the depot when routes may leave and must be back; it takes
    ``service`` (n,).
    """

    vehicles: int
    capacity: int
    at: Reals
    demand: Ints
    ready: Reals
    due: Reals
    service: Reals

    def distances(self) -> Reals:
        """Length of every way (n, n), in double precision."""
        apart = self.at[:, None, :] - self.at[None, :, :]
        return np.hypot(apart[..., 0], apart[..., 1])
