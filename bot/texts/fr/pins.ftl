# This feature says nothing.
