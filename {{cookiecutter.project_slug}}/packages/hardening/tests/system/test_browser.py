"""What people see who open the browsable API in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from deep.server import PASSWORD, Caller, Tcp, signed_up
from system.browsers import browsing, developing

FORM = "/shapes/parcels-page/"
NAMES = ("ada", "bob")


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tcp]:
    """A server with two users, each of whom has crates."""
    with developing(tmp_path_factory.mktemp("developing")) as server:
        for name in NAMES:
            caller = signed_up(Caller(server), name)
            for number in (1, 2):
                assert caller("POST", "/shapes/crate/", {"code": f"{name}-{number}"}).status == 201
        yield server


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    with browsing(tmp_path) as started:
        yield started


def sign_in(browser: Chrome, where: Tcp, name: str) -> None:
    """Sign in by the page that DEBUG has for it, which leads on to the form."""
    browser.get(f"{where}/api-auth/login/?next={FORM}")
    browser.find_element(By.NAME, "username").send_keys(name)
    browser.find_element(By.NAME, "password").send_keys(PASSWORD)
    browser.find_element(By.ID, "submit-id-submit").click()
    assert browser.find_element(By.CSS_SELECTOR, ".dropdown-toggle").text == name


def log_out(browser: Chrome) -> None:
    browser.find_element(By.CSS_SELECTOR, ".dropdown-toggle").click()
    browser.find_element(By.LINK_TEXT, "Log out").click()
    assert browser.find_element(By.LINK_TEXT, "Log in")


def offered(browser: Chrome, field: str) -> list[str]:
    select = Select(browser.find_element(By.CSS_SELECTOR, f".tab-pane.active select[name={field}]"))
    return [each.text for each in select.options if each.get_attribute("value")]


def answered(browser: Chrome, words: str) -> str:
    """Return the answer that the page shows, once it has *words*."""
    found: str = browser.find_element(By.XPATH, f"//*[@class='response-info'][contains(., '{words}')]").text
    return found


def fill_in(browser: Chrome, title: str, button: str) -> None:
    """Fill in the form that is open, and press a *button* of it."""
    form = browser.find_element(By.CSS_SELECTOR, ".tab-pane.active form")
    field = form.find_element(By.NAME, "title")
    field.clear()
    field.send_keys(title)
    form.find_element(By.XPATH, f".//button[text()='{button}']").click()


def test_two_people_in_turn_are_offered_their_own(where, browser, pytestconfig):
    screenshots = pytestconfig.cache.mkdir("screenshots")

    for name in (*NAMES, NAMES[0]):
        sign_in(browser, where, name)
        own = [f"{name}-1", f"{name}-2"]
        assert browser.save_screenshot(str(screenshots / f"form-of-{name}.png"))
        assert [offered(browser, field) for field in ("crate", "by_code", "crates")] == [own, own, own]
        assert offered(browser, "purchaser") == [name]
        log_out(browser)


def test_a_form_can_be_filled_in_and_sent(where, browser):
    sign_in(browser, where, "ada")
    Select(browser.find_element(By.CSS_SELECTOR, ".tab-pane.active select[name=crate]")).select_by_visible_text("ada-2")

    fill_in(browser, "by hand", "POST")

    assert '"title": "by hand"' in answered(browser, "201 Created")


def test_an_object_can_be_changed_on_its_page(where, browser):
    sign_in(browser, where, "ada")
    fill_in(browser, "before", "POST")
    created = re.search(r'"id": (\d+)', answered(browser, "201 Created"))
    assert created
    browser.get(f"{where}{FORM}{created[1]}/")

    fill_in(browser, "after", "PUT")

    assert "HTTP 200 OK" in answered(browser, '"title": "after"')


def test_the_policy_of_the_pages_lets_their_own_scripts_run(where, browser):
    sign_in(browser, where, "ada")
    log_out(browser)

    assert [each["message"] for each in browser.get_log("browser") if each["source"] == "security"] == []
