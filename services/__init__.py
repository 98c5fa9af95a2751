"""Cuntong 村通: how express parcels reach every village of a county, and how farm produce comes back."""
