"""What goes out, into answers and logs, and what the start refuses."""

from deep.guards.guard import Guard

FAULTS = "packages/hardening/tests/test_faults.py"
STATUSES = "packages/hardening/tests/test_statuses.py"
CHECKS = "packages/hardening/tests/test_checks.py"
REQUESTS = "tests/config/test_requests.py"
OUTERMOST = "tests/config/test_outermost.py"
OUTPUT = "tests/config/test_output.py"
LOGS = "tests/config/test_logs.py"
LOGGED_ERRORS = "tests/config/test_logged_errors.py"
START = "tests/config/test_start.py"

GUARDS = [
    Guard(
        "hardening/errors/handler.py",
        "        response.status_code = status_of(error.detail)\n",
        "        pass\n",
        STATUSES,
    ),
    Guard(
        "hardening/errors/handler.py",
        "            return build_try_again(diagnosis, connection)\n",
        "            return error\n",
        f"{FAULTS}::test_a_busy_database_is_503_with_retry_after",
    ),
    Guard(
        "hardening/errors/handler.py",
        "if media_type == PROBLEM_JSON or not isinstance(",
        "if media_type == PROBLEM_JSON and not isinstance(",
        "tests/config/test_schema.py::test_the_schema_requires_a_token",
    ),
    Guard(
        "hardening/middleware.py",
        "                response = _replace_by_document(response, request)\n",
        "                pass\n",
        REQUESTS,
    ),
    Guard("hardening/wsgi.py", "            response.fail(error)\n", "            raise\n", OUTERMOST),
    Guard("hardening/wsgi.py", "            response.complete()\n", "            pass\n", OUTERMOST),
    Guard("hardening/middleware.py", "_trusts_proxies() and ", "", REQUESTS),
    Guard(
        "hardening/middleware.py",
        "            response.headers.setdefault(name, value)\n",
        "            pass\n",
        OUTPUT,
    ),
    Guard(
        "hardening/middleware.py",
        "return HttpResponse(status=HTTPStatus.FORBIDDEN)",
        "return get_response(request)",
        REQUESTS,
    ),
    Guard("config/settings.py", '    "django.middleware.clickjacking.XFrameOptionsMiddleware",\n', "", OUTPUT),
    Guard("config/settings.py", 'X_FRAME_OPTIONS = "DENY"', 'X_FRAME_OPTIONS = "SAMEORIGIN"', OUTPUT),
    Guard(
        "config/settings.py",
        'CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")',
        'CORS_ALLOW_ALL_ORIGINS, CORS_ALLOWED_ORIGINS = True, ["https://example.com"]',
        OUTPUT,
    ),
    Guard(
        "hardening/operations/tracebacks.py",
        'vars(part)["_str"] = ',
        "_unused = ",
        f"{LOGGED_ERRORS}::test_the_row_in_a_database_error_is_not_logged",
    ),
    Guard(
        "hardening/operations/tracebacks.py",
        "is_private = any(_has_values(linked) for linked in iterate_chain(error))",
        "is_private = False",
        f"{LOGGED_ERRORS}::test_an_exception_chained_to_a_rejected_row_is_logged_without_its_message",
    ),
    Guard(
        "hardening/operations/logging.py",
        "        event[key] = strip_values(value, _list_errors(exc_info))\n",
        "        pass\n",
        f"{LOGGED_ERRORS}::test_a_message_that_repeats_a_rejected_row_is_logged_without_it",
    ),
    Guard(
        "hardening/authentication.py",
        '            security_events.record("token_refused", request)\n',
        "",
        f"{LOGS}::test_login_and_logout_are_logged",
    ),
    Guard(
        "hardening/operations/environment.py",
        "if not key or (_is_weak(key) and not debug):",
        "if not key:",
        f"{START}::test_a_missing_or_weak_variable_stops_the_start_and_only_its_name_is_shown",
    ),
    Guard(
        "hardening/operations/environment.py",
        'if not (debug and host == "*")):',
        'if host != "*"):',
        f"{START}::test_a_missing_or_weak_variable_stops_the_start_and_only_its_name_is_shown",
    ),
    Guard(
        "config/settings.py",
        "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG",
        "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False",
        f"{START}::test_debug_is_off_by_default",
    ),
    Guard("hardening/checks/views.py", "if access.is_open and not access.is_public:", "if False:", CHECKS),
    Guard("hardening/checks/settings.py", 'if "*" in settings.ALLOWED_HOSTS:', "if False:", CHECKS),
]
