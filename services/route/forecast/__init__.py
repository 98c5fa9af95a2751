"""The on-time forecast 准点预测: a plan driven on many simulated days."""

from services.route.forecast.forecast import forecast_plan

__all__ = ["forecast_plan"]
