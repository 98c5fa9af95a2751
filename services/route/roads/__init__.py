"""How far and how long: road distance and driving time between nodes."""
