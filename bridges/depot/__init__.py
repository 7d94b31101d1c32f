"""Brings files from one network to another: fetched, cleaned, converted, and gone again."""

from bridges.depot.carrier import Brought, Carrier

__all__ = ["Brought", "Carrier"]
