"""The studio draws: cards and short films in three languages. Values go in, files come out."""
