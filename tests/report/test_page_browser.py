"""The HTML report as a reader meets it: a real Chromium, real keys, and a server that nobody may call."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from bot.data import Skipped, Verified
from tests.report.browser import browser
from tests.report.test_markdown import DOC, SOURCE
from tests.report.test_page import hostile, html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from selenium.webdriver import Chrome

    from bot.ledger import Review
    from tests.report.conftest import Maker

__all__ = ["browser"]  # the fixture


@pytest.fixture
def page(browser: Chrome, tmp_path: Path, make: Maker) -> Iterator[Chrome]:
    """Show a report of four suggestions in two files, of two tasks."""
    one, two = (make.change(name, SOURCE * 3) for name in ("pkg/one.py", "pkg/two.py"))
    review = make.review(
        make.suggestion(one, 5, 5, DOC, symbol="Alpha.first"),
        make.suggestion(one, 13, 13, DOC, symbol="Alpha.second", task="fix"),
        make.suggestion(two, 5, 5, DOC.replace("Give x", "Fetch the pear"), symbol="Beta.third"),
        make.suggestion(two, 13, 13, DOC, symbol="Beta.fourth", task="fix"),
        Skipped("pkg/two.py", "documented", chunk=make.chunk(two)),
    )
    yield show(browser, tmp_path, review)
    log = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert [entry for entry in log if entry["level"] == "SEVERE"] == []


def show(browser: Chrome, folder: Path, review: Review) -> Chrome:
    file = folder / "report.html"
    file.write_text(html(review), encoding="utf-8")
    browser.get(file.as_uri())
    js(browser, "localStorage.clear()")
    browser.get(file.as_uri())
    return browser


def js(page: Chrome, script: str) -> Any:  # noqa: ANN401 - any JSON value
    return page.execute_script(script)


def settle(page: Chrome) -> None:
    """Wait for what the page does in the next frame."""
    js(
        page,
        "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))",
    )


def shown(page: Chrome) -> list[str]:
    names = page.find_elements(By.CSS_SELECTOR, "article .symbol")
    return [name.text for name in names if name.is_displayed()]


def press(page: Chrome, *keys: str) -> None:
    for key in keys:
        ActionChains(page).send_keys(key).perform()


def current(page: Chrome) -> str:
    found: str = js(page, "return document.activeElement?.querySelector?.('.symbol')?.textContent ?? ''")
    return found


def background(page: Chrome) -> tuple[int, ...]:
    color = page.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    return tuple(int(part) for part in color.split("(")[1].rstrip(")").split(",")[:3])


def prefer(page: Chrome, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def test_filters_leave_what_fits(page: Chrome) -> None:
    everything = ["Alpha.first", "Alpha.second", "Beta.third", "Beta.fourth"]
    assert shown(page) == everything
    Select(page.find_element(By.ID, "by-task")).select_by_value("fix")
    assert shown(page) == ["Alpha.second", "Beta.fourth"]
    Select(page.find_element(By.ID, "by-file")).select_by_value("pkg/two.py")
    assert shown(page) == ["Beta.fourth"]
    assert page.find_element(By.ID, "count").text == "1 of 4 shown"
    assert [h.text for h in page.find_elements(By.CSS_SELECTOR, ".file h3 .path") if h.is_displayed()] == [
        "pkg/two.py"
    ]
    page.find_element(By.ID, "clear").click()
    assert shown(page) == everything
    assert page.find_element(By.ID, "count").text == "4 shown"


def test_search_finds_names_paths_and_text(page: Chrome) -> None:
    box = page.find_element(By.ID, "q")
    for words, expected in (
        ("the pear", ["Beta.third"]),
        ("ALPHA", ["Alpha.first", "Alpha.second"]),
        ("two.py fourth", ["Beta.fourth"]),
        ("no such thing", []),
    ):
        box.clear()
        box.send_keys(words)
        settle(page)
        assert shown(page) == expected, words
    assert page.find_element(By.ID, "nothing").is_displayed()


def test_a_file_in_the_tree_filters(page: Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, ".tree a[data-file='pkg/two.py']").click()
    assert shown(page) == ["Beta.third", "Beta.fourth"]
    assert page.current_url.endswith("report.html")


def test_keys_walk_search_open_and_help(page: Chrome) -> None:
    press(page, "j")
    assert current(page) == "Alpha.first"
    press(page, "j", "j")
    assert current(page) == "Beta.third"
    press(page, "k")
    assert current(page) == "Alpha.second"
    proof = page.find_elements(By.CSS_SELECTOR, "article .proof")[1]
    press(page, "o")
    assert proof.get_attribute("open") is not None
    press(page, "/", "p", "e", "a", "r", Keys.ENTER)
    assert page.find_element(By.ID, "q").get_attribute("value") == "pear"
    assert shown(page) == ["Beta.third"]
    assert current(page) == "Beta.third"
    press(page, Keys.ESCAPE)
    assert len(shown(page)) == 4
    press(page, "?")
    help_ = page.find_element(By.ID, "help")
    assert help_.is_displayed()
    press(page, Keys.ESCAPE)
    assert not help_.is_displayed()


def test_letters_in_the_search_are_no_commands(page: Chrome) -> None:
    page.find_element(By.ID, "q").send_keys("jkot?")
    assert page.find_element(By.ID, "q").get_attribute("value") == "jkot?"
    assert not page.find_element(By.ID, "help").is_displayed()
    assert page.find_element(By.ID, "theme").text == "Theme: auto"


def test_dark_follows_the_system_until_the_reader_decides(page: Chrome) -> None:
    prefer(page, "light")
    assert min(background(page)) > 200
    prefer(page, "dark")
    assert max(background(page)) < 60
    press(page, "t")
    assert min(background(page)) > 200
    page.refresh()
    assert min(background(page)) > 200, "the choice is remembered"
    page.find_element(By.ID, "theme").click()
    prefer(page, "light")
    assert max(background(page)) < 60


def test_text_can_be_told_from_its_ground_in_both_themes(page: Chrome) -> None:
    """WCAG's 4.5 to 1 for everything that is written."""
    script = """
      const parse = (c) => c.match(/[\\d.]+/g).map(Number);
      const light = (c) => parse(c).slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const ground = (e) => {
        for (; e; e = e.parentElement) {
          const c = getComputedStyle(e).backgroundColor;
          if ((parse(c)[3] ?? 1) > 0) return c;
        }
        return "rgb(255, 255, 255)";
      };
      const faint = [];
      for (const e of document.querySelectorAll("body *:not(script)")) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (!own || !e.checkVisibility()) continue;
        const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(`${e.tagName}.${e.className}: ${e.textContent.trim()}`);
      }
      return faint;
    """
    js(page, "for (const each of document.querySelectorAll('details')) each.open = true")
    for scheme in ("light", "dark"):
        prefer(page, scheme)
        assert js(page, script) == [], scheme


def test_landmarks_labels_and_headings(page: Chrome) -> None:
    tree = page.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in tree if not n["ignored"]]
    roles = {role for role, _ in named}
    assert {"main", "banner", "contentinfo", "complementary", "search", "status"} <= roles
    unnamed = {"searchbox", "combobox", "button", "link", "image", "article", "dialog"}
    assert [role for role, name in named if role in unnamed and not name.strip()] == []
    assert ("heading", "codebot 4 suggestions in 2 files") in named


def test_a_phone_shows_it_without_scrolling_sideways(page: Chrome) -> None:
    size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.refresh()
        wide = "return document.documentElement.scrollWidth"
        assert js(page, wide) <= 360
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_without_a_script_it_is_a_plain_list(browser: Chrome, tmp_path: Path, make: Maker) -> None:
    good = make.suggestion(make.change("pkg/one.py", SOURCE), 5, 5, DOC)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        (tmp_path / "report.html").write_text(html(make.review(good)), encoding="utf-8")
        browser.get((tmp_path / "report.html").as_uri())
        text = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        names = [n.get("name", {}).get("value", "") for n in text if not n["ignored"]]
        assert any('"""Give x."""' in name for name in names)
        assert not any(n["role"]["value"] == "search" for n in text if not n["ignored"])
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_hostile_text_runs_nothing_and_calls_nobody(browser: Chrome, tmp_path: Path, make: Maker) -> None:
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            there = f"http://127.0.0.1:{server.server_port}"
            lure = f"<img src='{there}/img'><link rel=stylesheet href='{there}/css'>"
            lure += f"<script src='{there}/js'></script>"
            review = hostile(make)
            change = make.change(f"{lure}/a.py", SOURCE)
            evil = make.suggestion(
                change, 5, 5, f"    def method(self, x):\n        {lure}\n", symbol=lure, message=lure
            )
            review.take([Verified(evil, ())])
            review.sort()
            show(browser, tmp_path, review)
            press(browser, "j", "o", "/", "x")
            title = browser.title
            loaded = js(browser, "return performance.getEntriesByType('resource').length")
            # even a script of the page's own gets nowhere
            js(browser, f"new Image().src = '{there}/planted'")
            left = js(browser, f"return fetch('{there}/fetch').then(() => 'went', () => 'stayed')")
        finally:
            server.shutdown()
            thread.join()
    assert "owned" not in title
    assert left == "stayed"
    assert asked == []
    assert loaded == 0
    browser.get_log("browser")  # type: ignore[no-untyped-call]  # the refusals, which the next test should not see


def test_a_page_without_suggestions_has_its_keys_and_no_mistakes(
    browser: Chrome, tmp_path: Path, make: Maker
) -> None:
    show(browser, tmp_path, make.review(files=0))
    press(browser, "/", "j", "o", Keys.ESCAPE, "?")
    assert browser.find_element(By.ID, "help").is_displayed()
    assert browser.find_elements(By.ID, "filters") == []
    log = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert [entry for entry in log if entry["level"] == "SEVERE"] == []


def test_two_thousand_suggestions_can_be_filtered(browser: Chrome, tmp_path: Path, make: Maker) -> None:
    found = []
    for number in range(40):
        change = make.change(f"pkg/module{number}.py", SOURCE * 50)
        found += [make.suggestion(change, 8 * n + 5, 8 * n + 5, DOC, symbol=f"C{n}.m") for n in range(50)]
    page = show(browser, tmp_path, make.review(*found))
    assert page.find_element(By.ID, "count").text == "2000 shown"
    page.find_element(By.ID, "q").send_keys("module7.py c3.m")
    settle(page)
    assert page.find_element(By.ID, "count").text == "1 of 2000 shown"
