"""Revising a plan on its day: what has happened stays, what was promised moves as little as pays."""
