"""Pools a day's parcels of all carriers into consignments under the county's agreements."""
