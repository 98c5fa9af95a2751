"""Packs what rides and is handed over together into as few bags as can be found 装袋."""
