"""Division into parts: by seed and id alone, groups whole, given parts kept."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monai_adele.data import Split, read_split, split_cases
from monai_adele.errors import DataError


def cases(count, **keys):
    return [{"case_id": f"case_{i:03d}", **{k: f(i) for k, f in keys.items()}} for i in range(count)]


def sizes(split):
    return len(split.train), len(split.validation), len(split.test), len(split.unused)


def test_counts_are_exact_and_the_rest_is_unused():
    assert sizes(split_cases(cases(260), seed=0, train=60, validation=20, test=60)) == (60, 20, 60, 120)


def test_fractions_are_of_all_cases_and_leave_none_unused():
    assert sizes(split_cases(cases(50), seed=0, train=0.5, validation=0.3, test=0.2)) == (25, 15, 10, 0)
    assert sizes(split_cases(cases(7), seed=0, train=0.34, validation=0.33, test=0.33)) == (3, 2, 2, 0)


def test_training_takes_the_rest_by_default():
    assert sizes(split_cases(cases(10), seed=0)) == (6, 2, 2, 0)
    assert sizes(split_cases(cases(10), seed=0, validation=3, test=0)) == (7, 3, 0, 0)


def test_every_case_is_in_one_part_whatever_the_order_of_the_listing():
    listed = cases(40)
    shuffled = random.Random(1).sample(listed, 40)
    split = split_cases(listed, seed=5)
    assert split == split_cases(shuffled, seed=5)
    assert sorted(split.train + split.validation + split.test) == [case["case_id"] for case in listed]


def test_seeds_give_different_splits():
    assert len({split_cases(cases(40), seed=seed).test for seed in range(20)}) == 20


def test_every_case_is_tested_about_equally_often():
    times = dict.fromkeys((case["case_id"] for case in cases(10)), 0)
    for seed in range(500):
        for case_id in split_cases(cases(10), seed=seed, test=3).test:
            times[case_id] += 1
    assert all(abs(n - 150) < 5 * (500 * 0.3 * 0.7) ** 0.5 for n in times.values())


def test_the_test_part_does_not_depend_on_how_many_are_trained_on():
    few, many = (split_cases(cases(60), seed=2, train=n, validation=5, test=10) for n in (10, 45))
    assert (few.test, few.validation) == (many.test, many.validation)
    assert set(few.train) < set(many.train)


def test_the_split_of_a_seed_is_the_same_on_every_machine():
    # printf '0\0case_00<i>' | sha256sum, in ascending order: 2, 1, 5, 0, 3, 4
    split = split_cases(cases(6), seed=0, validation=1, test=1)
    assert (split.test, split.validation) == (("case_002",), ("case_001",))


@settings(max_examples=60, derandomize=True)
@given(st.lists(st.integers(0, 6), min_size=12, max_size=40), st.integers(0, 99))
def test_groups_are_never_divided_and_parts_never_exceed_their_count(groups, seed):
    listed = cases(len(groups), patient=lambda i: groups[i])
    try:
        split = split_cases(listed, seed=seed, train=6, validation=3, test=3)
    except DataError:
        return
    parts = [{groups[int(i[-3:])] for i in ids} for ids in (split.train, split.validation, split.test, split.unused)]
    assert sum(map(len, parts)) == len(set(groups))
    assert sum(sizes(split)) == len(groups)
    assert all(size <= wanted for size, wanted in zip(sizes(split), (6, 3, 3, 99), strict=True))


def test_patients_are_kept_together_without_being_asked():
    split = split_cases(cases(20, patient=lambda i: i // 2), seed=1, validation=4, test=4)
    assert sizes(split) == (12, 4, 4, 0)
    assert {int(i[-3:]) // 2 for i in split.test}.isdisjoint(int(i[-3:]) // 2 for i in split.train + split.validation)


def test_another_group_key_is_followed():
    split = split_cases(cases(12, site=lambda i: "AB"[i % 2]), seed=0, validation=0, test=6, group_key="site")
    assert len({int(i[-3:]) % 2 for i in split.test}) == 1


def test_a_case_without_the_group_key_is_refused():
    listed = cases(6, patient=lambda i: i)
    split_cases(listed, seed=0)
    del listed[4]["patient"]
    with pytest.raises(DataError, match="1 cases lack the key 'patient': 'case_004'"):
        split_cases(listed, seed=0)


def test_given_parts_are_kept_and_the_missing_one_is_drawn_from_training():
    given_parts = {f"case_{i:03d}": "test" if i < 5 else "training" for i in range(20)}
    split = split_cases(cases(20), seed=0, validation=3, given_parts=given_parts)
    assert split.test == tuple(f"case_{i:03d}" for i in range(5))
    assert sizes(split) == (12, 3, 5, 0)


def test_a_share_for_a_given_part_is_refused():
    given_parts = {f"case_{i:03d}": "test" if i < 5 else "training" for i in range(20)}
    with pytest.raises(ValueError, match="gives the 5 cases of 'test' itself"):
        split_cases(cases(20), seed=0, test=5, given_parts=given_parts)


def test_a_patient_in_two_given_parts_is_refused():
    listed = cases(6, patient=lambda i: f"Patient_{i}")
    given_parts = {case["case_id"]: ("training", "validation", "test")[i % 3] for i, case in enumerate(listed)}
    split_cases(listed, seed=0, given_parts=given_parts)
    listed[5]["patient"] = "Patient_4"
    with pytest.raises(DataError, match="several parts: 'Patient_4' in test and validation"):
        split_cases(listed, seed=0, given_parts=given_parts)


@pytest.mark.parametrize("shares", [{"train": 9}, {"test": 10}, {"validation": 5, "test": 5}, {"train": 5, "test": 4}])
def test_too_few_cases_are_refused_with_the_numbers(shares):
    with pytest.raises(DataError, match=r"10 cases to divide, but .* asked for"):
        split_cases(cases(10), seed=0, **shares)


def test_a_part_that_no_group_fits_into_is_refused():
    listed = cases(12, patient=lambda i: i // 4)
    with pytest.raises(DataError, match=r"no group of cases fits into 'test' \(2 of 12"):
        split_cases(listed, seed=0, validation=4, test=2)


@pytest.mark.parametrize("share", [-1, -0.1, 1.5, float("nan")])
def test_shares_out_of_range_are_refused(share):
    with pytest.raises(ValueError, match="test must be"):
        split_cases(cases(10), seed=0, test=share)


@pytest.mark.parametrize("share", [True, "3"])
def test_shares_of_another_type_are_refused(share):
    with pytest.raises(TypeError, match="validation must be"):
        split_cases(cases(10), seed=0, validation=share)


def test_a_split_is_read_as_it_was_written(tmp_path):
    split = split_cases(cases(9), seed=3, train=4)
    split.write(tmp_path / "split.json")
    assert read_split(tmp_path / "split.json") == split
    assert [path.name for path in tmp_path.iterdir()] == ["split.json"]


def test_a_split_for_other_cases_is_refused():
    split = split_cases(cases(9), seed=3)
    split.check_against(cases(9))
    with pytest.raises(DataError, match="1 cases are not in the dataset: 'case_008'"):
        split.check_against(cases(8))
    with pytest.raises(DataError, match="1 cases are not in the split: 'case_009'"):
        split.check_against(cases(10))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("{", "is not JSON"),
        ("[]", "lacks lists"),
        ('{"train": [], "validation": []}', "lacks lists"),
        ('{"train": [1], "validation": [], "test": []}', "something else than lists of case ids"),
        ('{"train": ["a"], "validation": [], "test": [], "unused": 3}', "something else"),
        ('{"train": ["a", "b"], "validation": [], "test": ["a"]}', "names cases twice: 'a'"),
    ],
)
def test_a_damaged_split_file_is_refused(tmp_path, content, rule):
    path = tmp_path / "split.json"
    path.write_text('{"train": ["a", "b"], "validation": [], "test": ["c"]}')
    assert read_split(path) == Split(("a", "b"), (), ("c",))
    path.write_text(content)
    with pytest.raises(DataError, match=rf"split.json: split .*{rule}"):
        read_split(path)
