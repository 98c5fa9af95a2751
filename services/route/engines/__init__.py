"""Engines that plan runs, behind one interface."""
