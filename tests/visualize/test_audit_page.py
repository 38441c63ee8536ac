"""The page of an audit: what stands in it, and what does not."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from audit_cases import judged_case, small_report

from monai_adele.visualize import audit_page, case_pictures

PAYLOAD = "</script><script>alert(1)</script><img src=http://evil.example/a.png>"


class Page(HTMLParser):
    """All that a page refers to, its scripts, and its text."""

    def __init__(self, content):
        super().__init__()
        self.references, self.tags, self.scripts, self.text, self.inside = [], [], {}, "", None
        self.feed(content.decode())

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.references += [given[name] for name in ("src", "href", "action", "srcset", "data") if given.get(name)]
        self.inside = given.get("id", "program") if tag == "script" else tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside in ("style", "program"):
            assert "@import" not in data
            assert "url(" not in data
        if self.inside and self.inside not in ("style", "title"):
            self.scripts[self.inside] = self.scripts.get(self.inside, "") + data
        self.text += data


def page_of(*case_ids, **options):
    report, cases = small_report(*case_ids)
    return Page(audit_page(report, {case.case_id: case_pictures(case) for case in cases}, **options))


def test_the_page_refers_to_nothing_outside():
    assert page_of("a", "b", curves="data:image/svg+xml;base64,AAAA").references == ["data:image/svg+xml;base64,AAAA"]


def test_the_policy_of_the_page_forbids_the_network():
    report, _ = small_report("a")
    assert b"default-src 'none'; img-src data:;" in audit_page(report, {})


def test_case_ids_are_no_markup():
    page = page_of(PAYLOAD, "b")
    assert page.tags.count("script") == 1 + 2 + 1
    assert "img" not in page.tags
    assert json.loads(page.scripts["data"])["cases"][0] == PAYLOAD


def test_notes_and_classes_are_no_markup():
    report, _ = small_report("a", notes=[PAYLOAD])
    hostile = replace(report, class_names=("background", PAYLOAD, "kidney"), source=PAYLOAD)
    assert "img" not in Page(audit_page(hostile, {})).tags


def test_rows_stand_in_the_order_of_the_report():
    data = json.loads(page_of("a", "b").scripts["data"])
    rows = [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]
    assert (data["cases"][rows[0]["case"]], data["class_names"][rows[0]["class"]]) == ("a", "liver")
    assert data["kinds"][rows[0]["kind"]] == "slice skipped"
    assert [row["score"] for row in rows] == sorted(row["score"] for row in rows)
    assert data["store_version"] == 3


def test_every_case_has_its_pictures():
    page = page_of("a", "b")
    pictures = json.loads(page.scripts["case-0"])
    assert 3 in [picture["index"] for picture in pictures]
    assert set(json.loads(page.scripts["case-1"])[0]) == {"index", "image", "size", "spacing", "outlines"}


def test_the_skipped_slice_shows_what_was_corrected_and_not_what_was_given():
    picture = next(each for each in case_pictures(judged_case("a", corrected=True)) if each["index"] == 3)
    assert set(picture["outlines"]["1"]) == {"corrected", "predicted"}
    assert set(picture["outlines"]["2"]) == {"given", "predicted"}


def test_slices_are_turned_upright_with_their_spacing():
    picture = case_pictures(judged_case("a"))[0]
    across, down = picture["size"]
    assert picture["spacing"] == [2.0, 1.0]
    assert (across, down) == (12, 14)


def test_an_image_with_holes_is_drawn():
    case = judged_case("a")
    image = case.image.copy()
    image[0, 0] = np.nan
    assert case_pictures(replace(case, image=image))[0]["image"].startswith("data:image/jpeg;base64,")


def test_two_thousand_cases_are_a_page_of_a_few_megabytes():
    report, (case,) = small_report("a")
    many = [replace(finding, case_id=f"case_{n}") for n in range(2000) for finding in case.findings]
    pictures = case_pictures(case, max_slices=2, max_pixels=160)
    page = audit_page(replace(report, findings=tuple(many)), {f"case_{n}": pictures for n in range(2000)})
    assert len(page) < 20e6


@pytest.mark.parametrize("case_ids", [(), ("a",)])
def test_a_page_without_pictures_can_be_made(case_ids):
    report, _ = small_report(*case_ids)
    assert len(Page(audit_page(report, {})).tags) > 20
