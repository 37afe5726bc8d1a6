"""Drop what was not asked for, write the secrets, and look at what was rendered before anyone else does.

It takes the standard library, and PyYAML, which cookiecutter needs itself: no network, no install. What fails
is named on standard error, with a status that makes cookiecutter remove the project.
"""

import ast
import json
import os
import re
import secrets
import shutil
import sys
import tomllib
from pathlib import Path

import yaml

# Cookiecutter fills this in; a raw JSON text also parses as Python before that.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

# (answer, value): the files that only this value keeps, one by one: with -f, a folder also has files of the user's.
OPTIONS = {
    ("ci", "github"): (".github/dependabot.yml", ".github/workflows/checks.yml", ".github/workflows/update.yml"),
    ("ci", "gitlab"): (".gitlab-ci.yml", "renovate.json"),
    ("examples", True): """
purchases/__init__.py purchases/apps.py purchases/management/__init__.py purchases/management/commands/__init__.py
purchases/management/commands/demo_purchases.py purchases/migrations/0001_initial.py purchases/migrations/__init__.py
purchases/models.py purchases/schema.json purchases/serializers.py purchases/urls.py purchases/views.py
tests/purchases/__init__.py tests/purchases/completions.py tests/purchases/conftest.py tests/purchases/tables.py
tests/purchases/test_closing.py tests/purchases/test_contacts.py tests/purchases/test_locations.py
tests/purchases/test_purchases.py tests/purchases/test_search.py tests/purchases/test_statements.py
""".split(),
}

# Said at the end, since cookiecutter takes a misspelt question for none, and its default for the answer.
CHOICES = ("django_version", "ci", "examples")
YES_NO = {True: "yes", False: "no"}

# The settings that every offered Django and every installed app knows, and the keys of those that are
# dictionaries: `make known-settings` writes them, and a test keeps them true.
KNOWN = {
    "": """
ABSOLUTE_URL_OVERRIDES ADMINS ALLOWED_HOSTS APPEND_SLASH AUTHENTICATION_BACKENDS AUTH_PASSWORD_VALIDATORS
AUTH_USER_MODEL CACHES CACHE_MIDDLEWARE_ALIAS CACHE_MIDDLEWARE_KEY_PREFIX CACHE_MIDDLEWARE_SECONDS CORS_ALLOWED_ORIGINS
CORS_ALLOWED_ORIGIN_REGEXES CORS_ALLOW_ALL_ORIGINS CORS_ALLOW_CREDENTIALS CORS_ALLOW_HEADERS CORS_ALLOW_METHODS
CORS_ALLOW_PRIVATE_NETWORK CORS_EXPOSE_HEADERS CORS_ORIGIN_ALLOW_ALL CORS_ORIGIN_REGEX_WHITELIST CORS_ORIGIN_WHITELIST
CORS_PREFLIGHT_MAX_AGE CORS_URLS_REGEX CSRF_COOKIE_AGE CSRF_COOKIE_DOMAIN CSRF_COOKIE_HTTPONLY CSRF_COOKIE_NAME
CSRF_COOKIE_PATH CSRF_COOKIE_SAMESITE CSRF_COOKIE_SECURE CSRF_FAILURE_VIEW CSRF_HEADER_NAME CSRF_TRUSTED_ORIGINS
CSRF_USE_SESSIONS DATABASES DATABASE_ROUTERS DATA_UPLOAD_MAX_MEMORY_SIZE DATA_UPLOAD_MAX_NUMBER_FIELDS
DATA_UPLOAD_MAX_NUMBER_FILES DATETIME_FORMAT DATETIME_INPUT_FORMATS DATE_FORMAT DATE_INPUT_FORMATS DEBUG
DEBUG_PROPAGATE_EXCEPTIONS DECIMAL_SEPARATOR DEFAULT_AUTO_FIELD DEFAULT_CHARSET DEFAULT_EXCEPTION_REPORTER
DEFAULT_EXCEPTION_REPORTER_FILTER DEFAULT_FROM_EMAIL DEFAULT_INDEX_TABLESPACE DEFAULT_TABLESPACE DISALLOWED_USER_AGENTS
EMAIL_BACKEND EMAIL_HOST EMAIL_HOST_PASSWORD EMAIL_HOST_USER EMAIL_PORT EMAIL_SSL_CERTFILE EMAIL_SSL_KEYFILE
EMAIL_SUBJECT_PREFIX EMAIL_TIMEOUT EMAIL_USE_LOCALTIME EMAIL_USE_SSL EMAIL_USE_TLS FILE_UPLOAD_DIRECTORY_PERMISSIONS
FILE_UPLOAD_HANDLERS FILE_UPLOAD_MAX_MEMORY_SIZE FILE_UPLOAD_PERMISSIONS FILE_UPLOAD_TEMP_DIR FIRST_DAY_OF_WEEK
FIXTURE_DIRS FORCE_SCRIPT_NAME FORMAT_MODULE_PATH FORM_RENDERER IGNORABLE_404_URLS INSTALLED_APPS INTERNAL_IPS
KNOX_TOKEN_MODEL LANGUAGES LANGUAGES_BIDI LANGUAGE_CODE LANGUAGE_COOKIE_AGE LANGUAGE_COOKIE_DOMAIN
LANGUAGE_COOKIE_HTTPONLY LANGUAGE_COOKIE_NAME LANGUAGE_COOKIE_PATH LANGUAGE_COOKIE_SAMESITE LANGUAGE_COOKIE_SECURE
LOCALE_PATHS LOGGING LOGGING_CONFIG LOGIN_REDIRECT_URL LOGIN_URL LOGOUT_REDIRECT_URL MANAGERS MEDIA_ROOT MEDIA_URL
MESSAGE_STORAGE MIDDLEWARE MIGRATION_MODULES MONTH_DAY_FORMAT NUMBER_GROUPING PASSWORD_HASHERS PASSWORD_RESET_TIMEOUT
PREPEND_WWW REST_FRAMEWORK REST_KNOX ROOT_URLCONF SECRET_KEY SECRET_KEY_FALLBACKS SECURE_CONTENT_TYPE_NOSNIFF
SECURE_CROSS_ORIGIN_OPENER_POLICY SECURE_HSTS_INCLUDE_SUBDOMAINS SECURE_HSTS_PRELOAD SECURE_HSTS_SECONDS
SECURE_PROXY_SSL_HEADER SECURE_REDIRECT_EXEMPT SECURE_REFERRER_POLICY SECURE_SSL_HOST SECURE_SSL_REDIRECT SERVER_EMAIL
SESSION_CACHE_ALIAS SESSION_COOKIE_AGE SESSION_COOKIE_DOMAIN SESSION_COOKIE_HTTPONLY SESSION_COOKIE_NAME
SESSION_COOKIE_PATH SESSION_COOKIE_SAMESITE SESSION_COOKIE_SECURE SESSION_ENGINE SESSION_EXPIRE_AT_BROWSER_CLOSE
SESSION_FILE_PATH SESSION_SAVE_EVERY_REQUEST SESSION_SERIALIZER SHORT_DATETIME_FORMAT SHORT_DATE_FORMAT
SIGNED_COOKIE_LEGACY_SALT_FALLBACK SIGNING_BACKEND SILENCED_SYSTEM_CHECKS SPECTACULAR_SETTINGS STATICFILES_DIRS
STATICFILES_FINDERS STATIC_ROOT STATIC_URL STORAGES TEMPLATES TEST_NON_SERIALIZED_APPS TEST_RUNNER THOUSAND_SEPARATOR
TIME_FORMAT TIME_INPUT_FORMATS TIME_ZONE USE_I18N USE_THOUSAND_SEPARATOR USE_TZ USE_X_FORWARDED_HOST
USE_X_FORWARDED_PORT WHITENOISE_ADD_HEADERS_FUNCTION WHITENOISE_ALLOW_ALL_ORIGINS WHITENOISE_AUTOREFRESH
WHITENOISE_CHARSET WHITENOISE_IMMUTABLE_FILE_TEST WHITENOISE_INDEX_FILE WHITENOISE_KEEP_ONLY_HASHED_FILES
WHITENOISE_MANIFEST_STRICT WHITENOISE_MAX_AGE WHITENOISE_MIMETYPES WHITENOISE_ROOT WHITENOISE_SKIP_COMPRESS_EXTENSIONS
WHITENOISE_STATIC_PREFIX WHITENOISE_USE_FINDERS WSGI_APPLICATION X_FRAME_OPTIONS YEAR_MONTH_FORMAT
""".split(),
    "REST_FRAMEWORK": """
ALLOWED_VERSIONS COERCE_BIGINT_TO_STRING COERCE_DECIMAL_TO_STRING COMPACT_JSON DATETIME_FORMAT DATETIME_INPUT_FORMATS
DATE_FORMAT DATE_INPUT_FORMATS DEFAULT_AUTHENTICATION_CLASSES DEFAULT_CONTENT_NEGOTIATION_CLASS DEFAULT_FILTER_BACKENDS
DEFAULT_METADATA_CLASS DEFAULT_PAGINATION_CLASS DEFAULT_PARSER_CLASSES DEFAULT_PERMISSION_CLASSES
DEFAULT_RENDERER_CLASSES DEFAULT_SCHEMA_CLASS DEFAULT_THROTTLE_CLASSES DEFAULT_THROTTLE_RATES DEFAULT_VERSION
DEFAULT_VERSIONING_CLASS DURATION_FORMAT EXCEPTION_HANDLER FORMAT_SUFFIX_KWARG HTML_SELECT_CUTOFF
HTML_SELECT_CUTOFF_TEXT LIST_SERIALIZER_ERRORS_AS_DICT NON_FIELD_ERRORS_KEY NUM_PROXIES ORDERING_PARAM PAGE_SIZE
SCHEMA_COERCE_METHOD_NAMES SCHEMA_COERCE_PATH_PK SEARCH_PARAM STRICT_JSON TEST_REQUEST_DEFAULT_FORMAT
TEST_REQUEST_RENDERER_CLASSES TIME_FORMAT TIME_INPUT_FORMATS UNAUTHENTICATED_TOKEN UNAUTHENTICATED_USER UNICODE_JSON
UPLOADED_FILES_USE_URL URL_FIELD_NAME URL_FORMAT_OVERRIDE VERSION_PARAM VIEW_DESCRIPTION_FUNCTION VIEW_NAME_FUNCTION
""".split(),
    "REST_KNOX": """
AUTH_HEADER_PREFIX AUTH_TOKEN_CHARACTER_LENGTH AUTO_REFRESH AUTO_REFRESH_MAX_TTL EXPIRY_DATETIME_FORMAT
MIN_REFRESH_INTERVAL SECURE_HASH_ALGORITHM TOKEN_LIMIT_PER_USER TOKEN_MODEL TOKEN_PREFIX TOKEN_TTL USER_SERIALIZER
""".split(),
    "SPECTACULAR_SETTINGS": """
APPEND_COMPONENTS APPEND_PATHS AUTHENTICATION_WHITELIST CAMELIZE_NAMES COMPONENT_NO_READ_ONLY_REQUIRED
COMPONENT_SPLIT_PATCH COMPONENT_SPLIT_REQUEST CONTACT DEFAULT_GENERATOR_CLASS DEFAULT_QUERY_MANAGER DESCRIPTION
DISABLE_DOCSTRING_DESCRIPTIONS DISABLE_ERRORS_AND_WARNINGS ENABLE_DJANGO_DEPLOY_CHECK ENABLE_LIST_MECHANICS_ON_NON_2XX
ENFORCE_NON_BLANK_FIELDS ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE ENUM_GENERATE_CHOICE_DESCRIPTION ENUM_NAME_OVERRIDES
ENUM_SUFFIX EXTENSIONS_INFO EXTENSIONS_ROOT EXTERNAL_DOCS GENERIC_ADDITIONAL_PROPERTIES GET_LIB_DOC_EXCLUDES
GET_MOCK_REQUEST LICENSE OAS_VERSION OAUTH2_AUTHORIZATION_URL OAUTH2_FLOWS OAUTH2_REFRESH_URL OAUTH2_SCOPES
OAUTH2_TOKEN_URL OPERATION_ID_METHOD_POSITION PARSER_WHITELIST PATH_CONVERTER_OVERRIDES POSTPROCESSING_HOOKS
PREPROCESSING_HOOKS REDOC_DIST REDOC_UI_SETTINGS RENDERER_WHITELIST SCHEMA_COERCE_PATH_PK_SUFFIX SCHEMA_PATH_PREFIX
SCHEMA_PATH_PREFIX_INSERT SCHEMA_PATH_PREFIX_TRIM SECURITY SERVERS SERVE_AUTHENTICATION SERVE_INCLUDE_SCHEMA
SERVE_PERMISSIONS SERVE_PUBLIC SERVE_URLCONF SORT_OPERATIONS SORT_OPERATION_PARAMETERS SWAGGER_UI_DIST
SWAGGER_UI_FAVICON_HREF SWAGGER_UI_OAUTH2_CONFIG SWAGGER_UI_SETTINGS TAGS TITLE TOS VERSION WEBHOOKS
""".split(),
}

# What tools leave in the template's own tree; each can be made again, so that nothing is lost with -f.
LEFTOVERS = "__pycache__ .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache".split()

# Folders of a project that was there before, with -f.
NOT_OURS = {".git", ".uv", ".venv", "static"}

# Written so that rendering this file leaves it alone.
MARKER = re.compile(r"\{(?:\{|%)-?[^}]*\bcookiecutter\b")


def drop_leftovers(project):
    """Remove what is no part of the template."""
    for path in [path for path in walk(project) if path.name in LEFTOVERS]:
        remove(path)


def walk(folder):
    """Yield the paths below *folder*, without what is not ours."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue  # the template has no links: with -f, it is the user's, and may lead out of the project
        yield path
        if path.is_dir() and path.name not in NOT_OURS and path.name not in LEFTOVERS:
            yield from walk(path)


def drop_options(project, answers):
    """Remove the paths of options that were not chosen."""
    for (answer, value), paths in OPTIONS.items():
        if answers[answer] != value:
            for path in paths:
                remove(project / path)
                remove_empty(project, (project / path).parent)


def remove(path):
    """Remove a file or a folder; one that is missing is a fault of the table, and fails."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def remove_empty(project, folder):
    """Remove *folder*, and those around it, where nothing is left in them."""
    while folder != project and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def write_env(project):
    """Write `.env` for development, readable by its owner only, with a key of its own."""
    if os.path.lexists(project / ".env"):  # a link that leads nowhere, too
        return
    made = {"SECRET_KEY": secrets.token_urlsafe(50), "POSTGRES_PASSWORD": secrets.token_urlsafe(24), "DEBUG": "true"}
    text = (project / ".env.example").read_text(encoding="utf-8")
    for name, value in made.items():
        text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
    descriptor = os.open(project / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def faults(project, answers):
    """Yield a sentence for everything in the rendered project that is not as it should be."""
    trees = {}
    for path in walk(project):
        if path.is_file() and not path.match("*.sqlite3*"):
            yield from faults_of_file(path, path.relative_to(project).as_posix(), trees)
    yield from faults_of_options(project, answers)
    yield from faults_of_settings("config/settings.py", trees)
    yield from faults_of_environment(project, trees)


def faults_of_file(path, name, trees):
    """Yield what is wrong with one file; put what the project's Python files hold into *trees*."""
    try:
        text = path.read_text(encoding="utf-8")
        parsed = PARSERS.get(path.suffix, len)(text)
    except (SyntaxError, ValueError, yaml.YAMLError) as error:
        yield f"{name} does not parse: {error}"
        return
    if path.suffix == ".py" and not name.startswith("tests/") and LOOKED_INTO.search(text):
        trees[name] = parsed
    if left_over := MARKER.search(text):
        yield f"{name} has a marker left over: {left_over[0]}"


# A tree without these words reads no setting and no environment: walking through it would take time only.
LOOKED_INTO = re.compile(r"\b(settings|env|environ|getenv)\b")


def parsed_python(text):
    """Return the tree of *text*, which has to compile, too."""
    tree = ast.parse(text)
    compile(tree, "<rendered>", "exec", dont_inherit=True)
    return tree


YAML = dict.fromkeys((".yml", ".yaml"), yaml.safe_load)
PARSERS = {".py": parsed_python, ".toml": tomllib.loads, ".json": json.loads, **YAML}


def faults_of_options(project, answers):
    """Yield the paths that are there against the table, or missing."""
    for (answer, value), paths in OPTIONS.items():
        for path in paths:
            wanted, there = answers[answer] == value, (project / path).exists()
            if wanted and not there:
                yield f"{path} is missing: {answer} is {value}."
            if there and not wanted:
                yield f"{path} is there, and {answer} is {answers[answer]}."


def faults_of_settings(name, trees):
    """Yield the settings of module *name* that nobody knows: names that are misspelt, or that Django removed."""
    if name not in trees:
        yield f"{name} is missing, or does not parse."
        return
    own = {read for tree in trees.values() for read in settings_read(tree)}
    own |= {each.id for each in ast.walk(trees[name]) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    for node in ast.walk(trees[name]):
        if isinstance(node, ast.Name) and node.id.isupper() and node.id not in own.union(KNOWN[""]):
            yield f"{name} sets {node.id}, which nothing reads."
        for dictionary, key in keys_set(node):
            if key not in KNOWN.get(dictionary, [key]):
                yield f"{name} sets {dictionary}[{key!r}], which nothing reads."


def settings_read(tree):
    """Yield the settings that a module of the project reads."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name("settings"), name):
                yield name
            case ast.Call(ast.Name("getattr"), [ast.Name("settings"), ast.Constant(name), *_]):
                yield name


def keys_set(node):
    """Yield (dictionary, key) for each key that *node* gives to a dictionary with a name."""
    match node:
        case ast.Subscript(ast.Name(dictionary), ast.Constant(key)):
            yield dictionary, key
        case ast.Assign([ast.Name(dictionary)], ast.Dict(keys)):
            yield from ((dictionary, key.value) for key in keys if isinstance(key, ast.Constant))


def faults_of_environment(project, trees):
    """Yield the variables that are read and not listed in `.env.example`, or listed and not read."""
    text = (project / ".env.example").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE))
    reads = {variable: name for name, tree in trees.items() for variable in variables(tree)}
    compose = (project / "compose.yaml").read_text(encoding="utf-8")
    reads |= dict.fromkeys(re.findall(r"\$\{(\w+)", compose), "compose.yaml")
    for variable in sorted(reads.keys() - listed):
        yield f"{reads[variable]} reads {variable}, which .env.example does not list."
    for variable in sorted(listed - reads.keys()):
        yield f".env.example lists {variable}, which nothing reads."


def variables(tree):
    """Yield the environment variables that a module reads by their names."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(reader, [ast.Constant(name), *_]) | ast.Subscript(reader, ast.Constant(name), ast.Load()):
                if READER.fullmatch(ast.unparse(reader)):
                    yield name


READER = re.compile(r"env(\.\w+)?|os\.environ(\.get)?|os\.getenv")


def main():
    """Finish the project in the working directory; return the exit status."""
    project, answers = Path.cwd(), json.loads(ANSWERS)
    drop_leftovers(project)
    drop_options(project, answers)
    found = list(faults(project, answers))
    for fault in found:
        print(fault, file=sys.stderr)
    if found:
        return 1
    write_env(project)
    chosen = ", ".join(f"{name} {YES_NO.get(answers[name], answers[name])}" for name in CHOICES)
    print(f"\nRendered with {chosen}.\nNow:  cd {project.name} && make run")
    print("Later, and before every commit:  make check")
    return 0


if __name__ == "__main__":
    sys.exit(main())
