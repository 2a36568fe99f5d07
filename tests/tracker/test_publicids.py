"""Ids of programs: 17 characters, reversible, of one kind and owner each."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker import publicids
from tracker.errors import Missing

NUMBERS = st.integers(0, (1 << 48) - 1)
OWNERS = st.integers(0, (1 << 32) - 1)


@given(NUMBERS, OWNERS)
@settings(max_examples=150)
def test_an_id_has_seventeen_characters_and_leads_back(number, owner):
    made = publicids.encode(publicids.RECORD, number, owner=owner)
    assert re.fullmatch(r"rec[A-Za-z0-9]{14}", made)
    assert publicids.peek(publicids.RECORD, made) == (owner, number)
    assert publicids.decode(publicids.RECORD, made, owner=owner) == number


@given(st.text(max_size=20))
@settings(max_examples=100)
def test_what_is_no_id_is_missing(text):
    for ref in (text, f"rec{text}", None, 7):
        if publicids.peek(publicids.RECORD, ref) is None:
            with pytest.raises(Missing):
                publicids.decode(publicids.RECORD, ref)


def test_kinds_and_owners_do_not_mix():
    made = publicids.record(3, 7)
    assert publicids.peek(publicids.TABLE, "tbl" + made[3:]) != (3, 7)
    with pytest.raises(Missing):
        publicids.decode(publicids.RECORD, made, owner=4)
    with pytest.raises(ValueError, match="does not fit"):
        publicids.record(3, 1 << 48)


def test_ids_stay_what_they_are():
    """Programs keep them: the permutation never changes."""
    assert publicids.base(1) == "appB2EjqKK9xwmGZq"
    assert publicids.record(2, 1) == "recBDiBvb7ULV9v5y"
