import math

import pytest

from monai_adele.store.journal import JournalEntry, journal_bytes, journal_entries

ENTRY = JournalEntry(2, "ü/../x\n", 7, "onset", ((0, 1, 5), (1, 0, 3)), 0.875)


def test_entries_are_read_as_they_were_written():
    entries = [ENTRY, JournalEntry(3, "b", None, "", (), None)]
    content = journal_bytes(entries)
    assert list(journal_entries(content)) == entries
    assert content.count(b"\n") == 2


@pytest.mark.parametrize("content", [b"{}\n", b"[]\n", b"3\n", b"{\n", b'{"transitions": 3}\n'])
def test_other_lines_are_refused(content):
    with pytest.raises(ValueError, match=r"journal entry|Expecting"):
        list(journal_entries(content))


def test_a_confidence_that_is_not_a_number_never_reaches_the_file():
    with pytest.raises(ValueError, match="JSON"):
        journal_bytes([JournalEntry(1, "a", 1, "", (), math.nan)])
