"""The mathematics of fair settlement: cost games, and the rules that share what the grand coalition costs.

Players are names and costs are fen by coalition; what the players are and where the costs come from is not known here.
Rules give exact fractions of fen; ``rounding`` makes whole fen of them, last.
"""
