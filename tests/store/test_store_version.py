import json

import pytest

from monai_adele.store.store_version import StoreVersion, sealed_json, unsealed_json


def test_a_version_is_read_as_it_was_written():
    version = StoreVersion(7, 12, "onset of class 1", 3, "ab", {"liver_042": "0f", "../ü": "1e"})
    assert StoreVersion.decode(version.encode()) == version


def test_any_changed_byte_is_noticed():
    content = StoreVersion(7, cases={"a": "0f"}).encode()
    for position in range(len(content) - 1):
        damaged = bytearray(content)
        damaged[position] ^= 1
        with pytest.raises(ValueError, match=r"digest|format|JSON|Expecting|codec"):
            StoreVersion.decode(bytes(damaged))


@pytest.mark.parametrize("content", [b"", b"{}", b"\n", b"\x80\x04N.", json.dumps({"version": 1}).encode()])
def test_other_content_is_refused(content):
    with pytest.raises(ValueError, match="digest"):
        unsealed_json(content)


def test_another_kind_of_sealed_content_is_no_version():
    with pytest.raises(ValueError, match="expected a version of a label store"):
        StoreVersion.decode(sealed_json({"something": 1}))
    with pytest.raises(ValueError, match="found format 'other'"):
        unsealed_json(sealed_json({"format": "other"}))
