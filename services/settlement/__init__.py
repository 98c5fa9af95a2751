"""Settlement 结算: who pays whom for a plan, and what each partner gains by it.

``settle`` tells the story. The package knows plans and agreements; how coalitions' plans are found is passed in.
"""
