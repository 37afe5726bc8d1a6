"""What bounds a fault of the database, the cache or the server itself."""

from deep.guards.guard import Guard

ENGINE = "packages/hardening/tests/test_database_engine.py"
RETRIES = "packages/hardening/tests/test_retries.py"
WORKERS = "packages/hardening/tests/test_workers.py"
LIMITS = "tests/config/test_environment.py::test_options_of_the_database_url_are_combined_with_the_limits"
THROTTLING = "tests/config/test_throttle_counters.py"
DISK = "packages/hardening/tests/test_faults.py::test_a_full_disk_is_503_for_writes_and_not_for_reads"
SILENT = f"{THROTTLING}::test_a_cache_that_does_not_respond_is_skipped_for_a_while"
NOT_EXECUTED = f"{ENGINE}::test_what_was_not_executed_may_be_sent_again"
LOST = f"{ENGINE}::test_a_connection_that_is_lost_at_the_commit_leaves_the_outcome_unknown"

# For each of these, PostgreSQL's response is no server error.
STATES = {
    "25006": NOT_EXECUTED,
    "25P03": NOT_EXECUTED,
    "25P04": NOT_EXECUTED,
    "40001": NOT_EXECUTED,
    "40003": LOST,
    "40P01": NOT_EXECUTED,
    "55P03": NOT_EXECUTED,
    "57014": NOT_EXECUTED,
    "57P01": LOST,
    "57P02": LOST,
    "53": NOT_EXECUTED,
    "08": LOST,
}

GUARDS = [
    *(
        Guard(
            "hardening/integrity/drivers.py",
            f'    "{state}": Kind.BUSY,',
            f'    "x{state}": Kind.BUSY,',
            tests,
            server=True,
        )
        for state, tests in STATES.items()
    ),
    *(
        Guard(
            "hardening/operations/databases.py",
            f'    "{name}": {name.upper()}',
            f'    "x{name}": {name.upper()}',
            LIMITS,
        )
        for name in ("statement_timeout", "lock_timeout")
    ),
    Guard(
        "hardening/operations/databases.py",
        '"CONN_MAX_AGE": database.get("CONN_MAX_AGE"),',
        "",
        "tests/config/test_environment.py",
    ),
    Guard(
        "hardening/operations/databases.py",
        '"CONN_HEALTH_CHECKS": not (is_ours and is_pooled),',
        '"CONN_HEALTH_CHECKS": False,',
        "tests/config/test_environment.py",
    ),
    Guard(
        "hardening/operations/postgresql/base.py",
        "            if self._is_alive(connection):\n",
        "            if True:\n",
        f"{ENGINE}::test_connections_that_died_in_the_pool_are_replaced_at_once",
        server=True,
    ),
    Guard(
        "hardening/operations/postgresql/base.py",
        "if not self.db.can_repeat(sql, error):",
        "if True:",
        f"{ENGINE}::test_a_read_that_lost_its_connection_is_repeated",
        server=True,
    ),
    Guard(
        "hardening/operations/postgresql/base.py",
        "is_alone = self.get_autocommit() and not self.in_atomic_block",
        "is_alone = True",
        f"{ENGINE}::test_a_read_in_a_transaction_is_not_repeated",
        server=True,
    ),
    Guard(
        "hardening/operations/postgresql/base.py",
        'str(sql).lstrip(" (").upper().startswith("SELECT")',
        "True",
        f"{ENGINE}::test_other_statements_are_not_repeated",
        server=True,
    ),
    Guard(
        "hardening/operations/postgresql/base.py",
        "or isinstance(error.__cause__, ServerSilent)",
        "",
        f"{ENGINE}::test_a_server_that_does_not_respond_is_given_up_and_not_asked_twice",
        server=True,
    ),
    Guard(
        "hardening/operations/postgresql/base.py",
        "if is_late and not outage.probe.acquire(blocking=False):",
        "if False:",
        f"{ENGINE}::test_one_request_at_a_time_waits_for_a_database_that_has_been_away",
        server=True,
    ),
    Guard(
        "hardening/operations/postgresql/outages.py",
        "(now if self.since is None else min(self.since, now))",
        "now",
        f"{ENGINE}::test_requests_of_one_outage_share_their_time_limit",
        server=True,
    ),
    Guard(
        "hardening/operations/postgresql/connections.py",
        "return super().wait(gen, interval, self.patience)",
        "return super().wait(gen, interval)",
        f"{ENGINE}::test_a_server_that_does_not_respond_is_given_up_and_not_asked_twice",
        server=True,
    ),
    Guard(
        "hardening/operations/postgresql/connections.py",
        "            self.pgconn.finish()\n",
        "",
        f"{ENGINE}::test_a_server_that_does_not_respond_is_given_up_and_not_asked_twice",
        server=True,
    ),
    Guard(
        "hardening/integrity/unavailable.py",
        "        discard_connections(connection)\n",
        "",
        f"{ENGINE}::test_the_connections_to_a_standby_are_closed",
        server=True,
    ),
    Guard(
        "hardening/operations/health.py",
        "if _is_read_only():",
        "if False:",
        f"{ENGINE}::test_readyz_is_503_while_the_database_is_read_only",
        server=True,
    ),
    Guard(
        "hardening/operations/health.py",
        "    if is_draining():\n",
        "    if False:\n",
        "tests/config/test_probes.py",
    ),
    Guard(
        "hardening/integrity/transactions.py",
        "            raise OutcomeUnknown from error\n",
        "            pass\n",
        LOST,
        server=True,
    ),
    Guard("hardening/integrity/transactions.py", "current.is_committing = not nested", "pass", LOST, server=True),
    Guard(
        "hardening/integrity/atomic_requests.py",
        "OutcomeUnknown() if is_unknown else error",
        "error",
        f"{ENGINE}::test_a_lost_commit_of_a_whole_request_is_unknown_for_a_write_and_repeatable_for_a_read",
        server=True,
    ),
    Guard(
        "hardening/resources/idempotency.py",
        "            raise TryAgain from error",
        "            raise",
        f"{ENGINE}::test_a_lost_commit_with_an_idempotency_key_may_be_sent_again",
        server=True,
    ),
    Guard(
        "hardening/resources/retries.py",
        "self.has_side_effect or ",
        "",
        f"{RETRIES}::test_nothing_is_repeated_after_a_side_effect",
        server=True,
    ),
    Guard(
        "hardening/resources/retries.py",
        "stack.enter_context(connection.execute_wrapper(self._watch_statement))",
        "pass",
        f"{RETRIES}::test_nothing_is_repeated_after_a_side_effect",
        server=True,
    ),
    Guard(
        "hardening/resources/retries.py",
        "if is_nested or ",
        "if ",
        f"{RETRIES}::test_nothing_is_repeated_within_a_transaction_of_the_whole_request",
        server=True,
    ),
    Guard("hardening/integrity/drivers.py", '"SQLITE_FULL", ', "", DISK),
    Guard(
        "hardening/integrity/writes.py",
        "            _lock_rows(unit, self.serializer, self.data)\n",
        "",
        "packages/hardening/tests/test_stale_instances.py"
        "::test_a_row_that_was_deleted_since_its_read_is_404_and_stays_deleted",
    ),
    Guard(
        "hardening/throttling.py",
        "if self.cache.add(key, 1, timeout=self.duration):",
        "if self.cache.set(key, 1, timeout=self.duration) is None:",
        f"{THROTTLING}::test_of_two_first_requests_of_a_window_none_is_forgotten",
    ),
    Guard(
        "hardening/throttling.py",
        "self.cache.add(key, 1, timeout=self.duration)",
        "self.cache.add(key, 1, timeout=None)",
        f"{THROTTLING}::test_a_count_expires_with_its_window",
    ),
    Guard("hardening/operations/caches.py", "        raise CacheSkipped\n", "        pass\n", SILENT),
    Guard(
        "hardening/operations/caches.py",
        "\n    silence.end()\n",
        "\n",
        f"{THROTTLING}::test_a_cache_that_responds_again_is_asked_again",
    ),
    Guard(
        "hardening/workers.py",
        "self.probes[probe[1]] if probe else self.tpool",
        "self.tpool",
        f"{WORKERS}::test_a_probe_does_not_wait_for_a_busy_thread",
    ),
    Guard(
        "hardening/workers.py",
        "            self.max_keepalived = 0",
        "            pass",
        f"{WORKERS}::test_after_sigterm_readyz_is_503_before_the_listener_closes_and_kept_connections_end",
    ),
    Guard(
        "hardening/workers.py",
        'not getattr(reader, "length", 0) and ',
        "",
        f"{WORKERS}::test_a_request_after_a_body_that_did_not_come_is_not_read_as_that_body",
    ),
    Guard(
        "hardening/operations/draining.py",
        "        signal.setitimer(signal.ITIMER_REAL, seconds)",
        "        server.signal(signal.SIGTERM, frame)",
        f"{WORKERS}::test_after_sigterm_readyz_is_503_before_the_listener_closes_and_kept_connections_end",
    ),
]
