"""Computed fields: values worked out from other fields, of this record or of linked ones."""
