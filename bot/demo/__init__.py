"""A whole neighbourhood on one machine, to look at and to practise with."""
