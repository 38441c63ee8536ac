"""The page of an audit in headless Chromium; skipped where there is none (`nox -s browser` says how to have it)."""

import json
import shutil
import time
from dataclasses import replace

import pytest
from audit_cases import small_report

from monai_adele.visualize import audit_page, case_pictures

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
FLAGS += ("--disable-component-update", "--disable-sync", "--window-size=1280,1100")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    home = tmp_path_factory.mktemp("browser")
    for flag in (*FLAGS, f"--user-data-dir={home / 'profile'}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(home)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.binary_location = CHROMIUM
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.home = home
    yield driver
    driver.quit()


@pytest.fixture
def page(browser):
    report, cases = small_report("<b>wrong</b>", "right", "right too")
    file = browser.home / "audit.html"
    file.write_bytes(audit_page(report, {case.case_id: case_pictures(case) for case in cases}))
    browser.get(file.as_uri())
    yield browser
    browser.execute_script("window.onbeforeunload = null")
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert [entry for entry in errors if entry["source"] != "intervention"] == []  # a question on leaving is held back


def press(page, *keys):
    for key in keys:
        page.execute_script(
            "document.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))", key
        )


def texts(page, selector):
    return page.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((element) => element.textContent)", selector
    )


def test_the_worst_label_is_chosen_and_shown(page):
    assert texts(page, "#title") == ["<b>wrong</b> · liver"]
    assert "slice skipped" in texts(page, "#suspicion")[0]
    assert page.execute_script("return document.querySelectorAll('#view svg path').length") >= 3


def test_nothing_is_asked_of_a_network(page):
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith(("file:", "data:", "chrome:"))] == []


def test_arrow_keys_move_and_letters_mark(page):
    press(page, "a", "ArrowDown", "r", "ArrowDown", "l")
    assert texts(page, "#rows tr[data-place] td:last-child")[:3] == ["✓", "✕", "↻"]
    press(page, "u")
    assert texts(page, "#rows tr[data-place] td:last-child")[2] == ""


def test_filters_and_sorting_change_the_rows(page):
    page.execute_script(
        "const s = document.getElementById('search'); s.value = 'TOO'; s.dispatchEvent(new Event('input'))"
    )
    assert texts(page, "#count") == ["2 of 6 labels"]
    assert set(texts(page, "#rows tr[data-place] td:first-child")) == {"right too"}
    page.execute_script(
        "const s = document.getElementById('search'); s.value = ''; s.dispatchEvent(new Event('input'))"
    )
    page.execute_script("document.querySelector('th[data-sort=case]').click()")
    assert texts(page, "#rows tr[data-place] td:first-child")[0] == "<b>wrong</b>"
    page.execute_script("document.querySelector('th[data-sort=case]').click()")
    assert texts(page, "#rows tr[data-place] td:first-child")[0] == "right too"


def test_other_slices_are_shown(page):
    slices = texts(page, "#slices button")
    assert len(slices) == 4
    press(page, *["ArrowRight"] * 4)
    assert texts(page, "#slices button[aria-pressed=true]") == slices[-1:]
    press(page, *["ArrowLeft"] * 4)
    assert texts(page, "#slices button[aria-pressed=true]") == slices[:1]


def test_a_review_is_saved_and_taken_up_again(page):
    press(page, "r", "ArrowDown", "a", "s")
    file = page.home / "review.json"
    for _ in range(100):
        if file.exists():
            break
        time.sleep(0.1)
    review = json.loads(file.read_text())
    assert (review["format"], review["store_version"]) == ("monai_adele review 1", 3)
    assert review["marks"][0] == {"case_id": "<b>wrong</b>", "class_name": "liver", "mark": "reject"}
    page.refresh()
    page.find_element("id", "load").send_keys(str(file))
    for _ in range(100):
        if "taken over" in texts(page, "#saved")[0]:
            break
        time.sleep(0.1)
    assert texts(page, "#rows tr[data-place] td:last-child")[:2] == ["✕", "✓"]
    file.unlink()


def test_two_thousand_cases_keep_few_rows_in_the_page(browser):
    report, (case,) = small_report("a")
    many = [replace(finding, case_id=f"case_{n:04d}") for n in range(2000) for finding in case.findings]
    pictures = case_pictures(case, max_slices=2, max_pixels=160)
    file = browser.home / "many.html"
    file.write_bytes(
        audit_page(replace(report, findings=tuple(many)), {f"case_{n:04d}": pictures for n in range(2000)})
    )
    browser.get(file.as_uri())
    assert texts(browser, "#count") == ["4000 labels"]
    assert browser.execute_script("return document.querySelectorAll('#rows tr').length") < 100
    browser.execute_script("document.getElementById('scroll').scrollTop = 1e6")
    time.sleep(0.5)
    assert int(texts(browser, "#rows tr[data-place] td:first-child")[-1].removeprefix("case_")) >= 1000
