"""nbgrader's gradebook, opened so that one piece of work is one transaction: it all stands, or nothing was written.

nbgrader's own `Gradebook` makes the tables and gives the API; each of its methods commits on its own. Here its session
joins a transaction that is begun and ended outside of it, so that those commits only send their statements.
A database that somebody else holds is asked again, with growing pauses; a lost connection is made anew once.
"""

import os
import sys
import time
from contextlib import contextmanager

from rnncourse.grading.records.errors import RecordsBusy, RecordsError

WAIT = 5.0  # seconds that the database itself waits for a lock before it says that it is busy
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
_POSTGRES_BUSY = ("55P03", "40P01", "40001")  # lock not available, deadlock, could not serialize
_POSTGRES_LOCK = 0x726E6E63  # one number for all who write grades, whatever machine they are on


def default_url(root):
    """The database that nbgrader_config.py names for the course in the folder `root`.

    Raises:
        RecordsError: the class's settings cannot be read.
    """
    from rnncourse.grading.settings import SettingsError, database_of  # which reads late policies, of this room

    try:
        return database_of(root)
    except SettingsError as error:
        raise RecordsError(str(error)) from error


def default_course():
    """The name of the class that nbgrader_config.py gives."""
    return os.environ.get("RNNCOURSE_COURSE", "rnncourse")


class Database:
    """A gradebook by its URL; `patience` is how many seconds to go on asking while others hold the database.

    With `writing` False nothing is made that is not there, and nobody is kept waiting.

    Raises, here and in `transaction`:
        RecordsBusy: it was held by others for longer than that.
        RecordsError: it cannot be reached, read or written.
    """

    def __init__(self, url, course_id, patience=120.0, *, writing=True):
        self.patience, self._course_id, self._writing = patience, course_id, writing
        self._url = _url(url, min(WAIT, max(patience, 0.05)))
        self._gradebook = None
        if not writing:
            self._must_exist()
        self._patiently(self._open)

    @property
    def name(self):
        """The URL without its password."""
        return self._url.set(query={}).render_as_string(hide_password=True)

    def transaction(self, work):
        """What `work(gradebook)` returns, once everything that it wrote is committed.

        `work` may be called more than once: each time after a transaction that left nothing.
        """
        return self._patiently(lambda: self._once(work))

    def close(self):
        if self._gradebook is not None:
            self._gradebook.close()

    def _open(self):
        from nbgrader.api import Gradebook

        with _programs_on_path():
            self._gradebook = Gradebook(self._url, self._course_id)
        _stamp(self._gradebook)
        if self._writing:
            _begin_at_once(self._gradebook.engine)

    def _must_exist(self):
        file = self._url.database
        if self._url.get_backend_name() == "sqlite" and not os.path.isfile(file or ""):
            raise RecordsError(f"there is no gradebook at {file} yet; grade an assignment first")

    def _once(self, work):
        gradebook = self._gradebook
        with gradebook.engine.begin() as connection:
            if self._writing and connection.dialect.name == "postgresql":
                _queue_up(connection)
            gradebook.db.remove()
            gradebook.db.configure(bind=connection, join_transaction_mode="rollback_only")
            try:
                result = work(gradebook)
                gradebook.db.flush()
                return result
            finally:
                gradebook.db.remove()

    def _patiently(self, attempt):
        from sqlalchemy.exc import DBAPIError

        deadline, pause, reconnected = time.monotonic() + self.patience, FIRST_PAUSE, False
        while True:
            try:
                with _plain_errors():
                    return attempt()
            except DBAPIError as error:
                if error.connection_invalidated and not reconnected:
                    reconnected = True
                elif not _is_busy(error):
                    raise RecordsError(self._sentence(error)) from error
                elif time.monotonic() + pause > deadline:
                    raise RecordsBusy(self._busy()) from error
                else:
                    time.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
            except ModuleNotFoundError as error:
                raise RecordsError(f"{self.name} needs the Python package {error.name}; install it first") from error

    def _busy(self):
        return (
            f"another program has held the database {self.name} for more than {self.patience:g} seconds. Nothing is "
            "lost: close what has it open (formgrader, nbgrader, a database browser) and run the same command again; "
            "it goes on where it stopped."
        )

    def _sentence(self, error):
        what = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        if "disk is full" in what:
            return f"the disk with the database {self.name} is full; nothing was entered. Make room and run again."
        if error.connection_invalidated or "connect" in what:
            return f"the database {self.name} cannot be reached ({what}); nothing was entered. Start it and run again."
        return f"the database {self.name} refused: {what}"


def _url(url, wait):
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise RecordsError(
            f"{url!r} is no database URL; expected sqlite:////path or postgresql+psycopg://user@host/name"
        ) from error
    return parsed.update_query_dict({"timeout": str(wait)}) if parsed.get_backend_name() == "sqlite" else parsed


@contextmanager
def _programs_on_path():
    """nbgrader calls `alembic` by name when it makes a database; without it the database is made by halves."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join(filter(None, [os.path.dirname(sys.executable), before]))
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def _plain_errors():
    """The database's own error, where nbgrader wrapped it into one that hides the kind."""
    from nbgrader.api import InvalidEntry
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except InvalidEntry as error:
        if isinstance(error.__context__, DBAPIError):
            raise error.__context__ from None
        raise RecordsError(f"the gradebook refused: {error}") from error


def _begin_at_once(engine):
    """Have SQLite take its lock where a transaction begins, not in the middle, where waiting could not help.

    Python's sqlite3 begins transactions on its own, and late; this is SQLAlchemy's recipe to take that over
    (its documentation on the pysqlite dialect, "Serializable isolation / Savepoints / Transactional DDL").
    """
    from sqlalchemy import event

    if engine.dialect.name != "sqlite":
        return
    engine.dispose()  # connections that were opened without the listeners

    @event.listens_for(engine, "connect")
    def leave_it_to_us(connection, record):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _queue_up(connection):
    """One writer at a time on all machines, and no waiting for ever behind a transaction that somebody left open."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT:g}s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRES_LOCK})")


def _stamp(gradebook):
    """Complete what a kill in the middle of making the database left, and refuse one of an older nbgrader."""
    from nbgrader.api import Base
    from sqlalchemy import inspect, text

    found = inspect(gradebook.engine)
    for table in Base.metadata.sorted_tables:
        there = {column["name"] for column in found.get_columns(table.name)}
        missing = {column.name for column in table.columns} - there
        if missing:
            raise RecordsError(
                f"the gradebook was made by an older nbgrader (no {table.name}.{min(missing)}); "
                "back it up and run: nbgrader db upgrade"
            )
    with gradebook.engine.begin() as connection:
        if "alembic_version" not in found.get_table_names():
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        if connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 0:
            connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": _head()})


def _head():
    """The version of nbgrader's tables, as its own upgrades count it."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    config = Config()
    config.set_main_option("script_location", ALEMBIC_DIR)
    return ScriptDirectory.from_config(config).get_current_head()


def _is_busy(error):
    """Whether waiting may help: somebody else has the lock that we need."""
    name = getattr(error.orig, "sqlite_errorname", "") or ""
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or getattr(error.orig, "sqlstate", None) in _POSTGRES_BUSY
