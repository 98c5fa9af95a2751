"""The county folder in, the papers of a planned day out."""
