"""Standard instances of vehicle routing, as input to the engines like any county."""
