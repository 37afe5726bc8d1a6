"""A new resource in a browser: the API documentation, the browsable API with a conflict, and the admin.

The screenshots are in `.pytest_cache/d/new-resource`, for people to look at.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.conftest import run
from tests.test_documents import serve

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,1400"]
PASSWORD = "correct horse battery"  # noqa: S105  # of demo users
FIELDS = "room:char(20):unique day:date guests:integer:positive state:choice(draft,sent)"
ADMIN = f"""
from accounts.models import User
User.objects.create_superuser("root", "root@example.com", "{PASSWORD}")
"""


@pytest.fixture(scope="module")
def address(render) -> Iterator[str]:
    """Serve a project with a new resource, demo data and the admin, and yield its URL."""
    project = render().project
    run(["make", ".venv/ready"], project)
    python = str(project / ".venv" / "bin" / "python")
    run([python, "manage.py", "startresource", "--skip-contract", "bookings", FIELDS], project)
    settings = project / ".env"
    settings.write_text(settings.read_text().replace("ADMIN_PATH=\n", "") + "\nADMIN_PATH=admin/\n")
    run(["make", "demo-data"], project)
    run([python, "manage.py", "shell", "--command", ADMIN], project)
    with serve("run", project) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in [*FLAGS, f"--user-data-dir={tmp_path}"]:
        options.add_argument(flag)
    started = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    started.implicitly_wait(20)
    yield started
    started.quit()


@pytest.fixture
def take_picture(browser, pytestconfig):
    folder = Path(pytestconfig.cache.mkdir("new-resource"))
    return lambda name: browser.save_screenshot(str(folder / f"{name}.png"))


def sign_in(browser: Chrome, name: str) -> None:
    browser.find_element(By.NAME, "username").send_keys(name)
    browser.find_element(By.NAME, "password").send_keys(PASSWORD)
    browser.find_element(By.CSS_SELECTOR, "[type=submit]").click()


@pytest.mark.system
def test_the_documentation_shows_the_new_resource(address, browser, take_picture):
    browser.get(f"{address}/api/v1/docs/")
    section = browser.find_element(By.XPATH, "//*[@data-tag='bookings']")

    browser.execute_script("arguments[0].scrollIntoView()", section)

    take_picture("documentation")
    paths = [each.get_attribute("data-path") for each in browser.find_elements(By.CSS_SELECTOR, "[data-path]")]
    assert {"/api/v1/bookings/", "/api/v1/bookings/{id}/"} <= set(paths)


@pytest.mark.system
def test_the_form_of_the_browsable_api_shows_a_conflict_under_its_field(address, browser, take_picture):
    browser.get(f"{address}/api-auth/login/?next=/api/v1/bookings/")
    sign_in(browser, "ada")
    for _attempt in range(2):
        browser.find_element(By.CSS_SELECTOR, ".tab-pane.active form")
        for name, value in {"room": "Blue", "guests": "2"}.items():
            field = browser.find_element(By.CSS_SELECTOR, f".tab-pane.active [name={name}]")
            field.clear()
            field.send_keys(value)
        day = browser.find_element(By.CSS_SELECTOR, ".tab-pane.active [name=day]")
        browser.execute_script("arguments[0].value = '2027-01-01'", day)
        browser.find_element(By.XPATH, "//div[contains(@class, 'active')]//button[text()='POST']").click()

    WebDriverWait(browser, 20).until(lambda page: "409 Conflict" in page.page_source)
    take_picture("conflict")
    response = browser.find_element(By.CSS_SELECTOR, ".response-info").text
    assert '"room": [' in response
    assert "You already have a booking with this room." in response


@pytest.mark.system
def test_the_admin_lists_and_edits_the_new_model(address, browser, take_picture):
    browser.get(f"{address}/admin/login/?next=/admin/bookings/booking/")
    sign_in(browser, "root")
    browser.find_element(By.CSS_SELECTOR, "#result_list tbody th a")
    take_picture("admin-list")

    browser.find_element(By.CSS_SELECTOR, "#result_list tbody th a").click()

    browser.find_element(By.NAME, "room")
    take_picture("admin-form")
    assert browser.find_element(By.NAME, "guests").get_attribute("value") == "1"
