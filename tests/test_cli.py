"""The command line: every command, its JSON, and one plain sentence when something is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import peewee
import pytest
from click.testing import CliRunner

from tracker import accounts, bulk, db, models, running, schema
from tracker.transfer import importing
from views.cli import rounds
from views.console import house

ROOT = Path(__file__).resolve().parent.parent
VISITS = "标题,方式,日期,人数\n一,上门,2026-11-01,2\n二,电话,2026-11-02,x\n三,上门,,5\n"


class Terminal:
    """``rounds …`` in this process, on an installation of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.env = {
            "ROUNDS_DATA_DIR": str(folder / "data"),
            "ROUNDS_DATABASE_URL": url,
            "ROUNDS_LANG": "en",
        }

    def __call__(self, *args, input=None):
        """The JSON that a command answers with; it must end well."""
        done = self.run(*args, "--json", input=input)
        assert (done.exit_code, done.stderr) == (0, ""), done.stderr
        return orjson.loads(done.stdout)

    def run(self, *args, input=None):
        return CliRunner(env=self.env).invoke(rounds, [str(one) for one in args], input=input)

    def fails(self, *args, input=None):
        """The sentence of a command that must fail: one line, no traceback, nothing on stdout."""
        done = self.run(*args, input=input)
        assert done.exit_code == 1 and done.stdout == "", done.output
        sentence = done.stderr.strip()
        assert sentence and "\n" not in sentence and "Traceback" not in sentence
        return sentence

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def terminal(tmp_path, make_database, monkeypatch, request):
    kind = getattr(request, "param", "sqlite")
    made = Terminal(tmp_path, make_database(kind))
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    return made


both = pytest.mark.parametrize("terminal", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def filled(terminal):
    """A base with a table of three visits, and Wang Fang, who sees the visits in person."""
    terminal("import", "走访/拜访", terminal.file("visits.csv", VISITS), "--create")
    terminal(
        *("user", "add", "wang@example.com", "--name", "王芳", "--department", "总部/华东"),
        *("--role", "走访:coordinator", "--password-stdin"),
        input="a good long password\n",
    )
    with house(), db.write():
        table = schema.current().locate("走访/拜访")
        role = models.Role.create(base=table.base_id, key="staff", name="外勤")
        models.RoleMember.delete().execute()
        models.RoleMember.create(role=role, person=models.Person.get())
        rule = {"field": table.field("方式").id, "op": "is", "value": "上门"}
        right = models.TableRight.create(
            role=role, table=table.id, read=rule, fields="read", export=True
        )
        models.FieldRight.create(role=role, field=table.field("人数").id, level="hidden")
        assert right
        schema.changed()
    return terminal


@both
def test_from_a_file_to_answers(filled):
    everything = filled("query", "走访/拜访")["records"]
    assert [one["fields"]["标题"] for one in everything] == ["一", "二", "三"]
    assert everything[0]["fields"]["方式"] == "上门" and everything[0]["fields"]["人数"] == "2"
    where = '{"field": "方式", "op": "is", "value": "上门"}'
    assert filled("query", "走访/拜访", "--where", where, "--count") == {"count": 2}
    assert filled("query", "走访/拜访", "--group", "方式")["groups"] == [
        {"value": "上门", "count": 2},
        {"value": "电话", "count": 1},
    ]
    by_month = filled("query", "走访/拜访", "--group", "日期", "--bucket", "month")["groups"]
    assert by_month == [{"value": "2026-11", "count": 2}, {"value": None, "count": 1}]
    mine = filled("query", "走访/拜访", "--as", "wang@example.com")["records"]
    assert [one["fields"]["标题"] for one in mine] == ["一", "三"]
    assert all("人数" not in one["fields"] for one in mine)
    assert filled("query", "走访/拜访", "--as", "WANG@example.com", "--count") == {"count": 2}


@both
def test_export_obeys_the_role(filled):
    target = filled.folder / "out.csv"
    found = filled("export", "走访/拜访", target, "--as", "wang@example.com")
    assert found == {"rows": 2, "shortened": 0, "file": str(target)}
    lines = target.read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["标题,方式,日期", "一,上门,2026-11-01", "三,上门,"]
    assert filled("export", "走访/拜访", filled.folder / "all.xlsx")["rows"] == 3
    where = '{"field": "日期", "op": "empty"}'
    assert filled("export", "走访/拜访", target, "--where", where)["rows"] == 1


@both
def test_rehearsing_adding_and_updating(filled):
    more = filled.file("more.csv", "标题,人数\n三,6\n四,1\n四\n")
    told = filled("import", "走访/拜访", more, "--dry-run")
    assert (told["rows"], told["created"], told["updated"]) == (3, 2, 0)
    assert told["rejected"] == [{"row": 4, "reason": "Line 4 has 1 values, the header 2."}]
    assert filled("query", "走访/拜访", "--count") == {"count": 3}
    told = filled("import", "走访/拜访", more, "--key", "标题")
    assert (told["created"], told["updated"]) == (1, 1)
    records = filled("query", "走访/拜访")["records"]
    assert [one["fields"]["人数"] for one in records] == ["2", "x", "6", "1"]
    with house() as here:
        assert bulk.undo(here.viewer(), told["batch"]).removed == 1


@both
def test_people_tokens_and_ready_bases(terminal):
    installed = terminal("base", "install", "coordination")
    assert installed["base"] == "coordination"
    added = terminal(
        *("user", "add", "li@example.com", "--name", "李娜", "--admin", "--role"),
        *("coordination:coordinator", "--password-stdin"),
        input="another long password\n",
    )
    assert added["email"] == "li@example.com"
    secret = terminal("token", "add", "li@example.com", "--name", "script")["token"]
    with house():
        person = accounts.person_of_token(secret)
        assert person is not None and person.id == added["id"] and person.is_admin
        assert accounts.sign_in("li@example.com", "another long password")


@both
def test_backup_and_restore(filled):
    told = filled("backup", filled.folder / "saved")
    assert told["rows"] > 10 and told["files"] >= 1
    with house(), db.write():
        db.execute("DELETE FROM change")
    back = filled("restore", filled.folder / "saved")
    assert back["rows"] == told["rows"] and back["replaced"]
    assert filled("query", "走访/拜访", "--count") == {"count": 3}
    with house():
        assert db.query("SELECT COUNT(*) FROM change")[0][0] == 3


def test_check_says_what_is_wrong(filled):
    found = filled("check")
    assert found["ok"] and found["problems"] == [] and found["database"] == "sqlite"
    secret = filled.folder / "data/secret"
    secret.write_bytes(b"s" * 64)
    secret.chmod(0o644)
    done = filled.run("check", "--json")
    assert done.exit_code == 1 and not orjson.loads(done.stdout)["ok"]
    assert "Its mode should be 600" in done.stderr


def test_check_of_nothing_and_of_ruins(tmp_path, monkeypatch):
    terminal = Terminal(tmp_path, f"sqlite:///{tmp_path / 'none.db'}")
    for name, value in terminal.env.items():
        monkeypatch.setenv(name, value)
    done = terminal.run("check")
    assert done.exit_code == 1 and "does not exist yet" in done.stderr
    assert not (tmp_path / "data").exists() and not (tmp_path / "none.db").exists()
    (tmp_path / "none.db").write_bytes(b"no database at all" * 1000)
    done = terminal.run("check")
    assert done.exit_code == 1 and "cannot be read" in done.stderr
    assert "file is not a database" in terminal.fails("query", "a/b")


def test_wrong_words_get_one_sentence(filled):
    csv = filled.file("x.csv", "a\n1\n")
    workbook = filled.file("x.xlsx", "no workbook")
    said = {
        ("nonsense",): "There is no command nonsense. See: rounds --help",
        ("query",): "BASE/TABLE is missing. See: rounds query --help",
        ("query", "走访/拜访", "--what"): "There is no option --what. See: rounds query --help",
        ("query", "走访/拜访", "--limit", "0"): "--limit cannot be understood",
        ("query", "走访/拜访", "--bucket", "hour"): "--bucket cannot be understood",
        ("query", "走访"): "There is no table 走访.",
        ("query", "走访/没有"): "There is no table 走访/没有.",
        ("query", "走访/拜访", "--where", "{"): "--where is not JSON",
        ("query", "走访/拜访", "--where", "7"): "This condition cannot be read.",
        (
            "query",
            "走访/拜访",
            "--where",
            '{"field":"没有","op":"is"}',
        ): "There is no field called 没有.",
        ("query", "走访/拜访", "--group", "没有"): "There is no field called 没有.",
        ("query", "走访/拜访", "--as", "no@example.com"): "There is nobody active with the address",
        ("query", "走访/拜访", "--as", "wang@example.com", "--group", "人数"): "There is no field",
        ("export", "走访/拜访", "out.pdf"): "Name the file .xlsx or .csv",
        ("export", "走访/拜访", "/no/such/place/out.csv"): "No such file or directory",
        ("import", "走访/拜访"): "FILE is missing. See: rounds import --help",
        ("import", "走访/拜访", "none.csv"): "The file none.csv cannot be opened.",
        ("import", "走访/拜访", workbook): "",
        ("import", "走访/拜访", csv): "No column of the file goes into a field.",
        ("import", "走访/新", csv): "There is no table 走访/新. Add --create",
        ("import", "走访/拜访", csv, "--create"): "There is already a table 走访/拜访.",
        ("import", "走访/拜访", csv, "--key", "没有"): "There is no field called 没有.",
        ("import", "新/", csv, "--create"): "There is no table 新/.",
        ("import", "走访/新", csv, "--create", "--header-row", "-1"): "--header-row cannot be",
        ("import", "走访/新", csv, "--create", "--as", "wang@example.com"): "Only coordinators",
        (
            "import",
            "走访/新",
            csv,
            "--create",
            "--encoding",
            "klingon",
        ): "There is no text encoding",
        ("token", "add", "no@example.com", "--name", "x"): "There is nobody active",
        ("base", "install", "nonsense"): "There is no ready base nonsense. There are: coordination",
        ("backup", filled.folder): "is not empty",
        ("restore", filled.folder / "none"): "is no backup",
        ("user", "add", "x@example.com"): "--name is missing. See: rounds user add --help",
    }
    for args, sentence in said.items():
        assert sentence in filled.fails(*args), args
    assert filled("query", "走访/拜访", "--count") == {"count": 3}
    with house():
        assert [base.name for base in schema.current().bases] == ["走访"]


def test_a_base_that_was_made_for_nothing_goes_again(terminal):
    bad = terminal.file("bad.csv", "")
    terminal.fails("import", "新/表", bad, "--create")
    good = terminal.file("good.csv", "a,b\n1,2\n")
    assert terminal("import", "新/表", good, "--create", "--dry-run")["created"] == 1
    with house():
        assert schema.current().bases == ()
    assert terminal("import", "新/表", good, "--create")["created"] == 1


def test_people_are_added_whole_or_not(terminal):
    add = ("user", "add", "x@example.com", "--name", "x")
    assert "--password-stdin" in terminal.fails(*add)
    stdin = (*add, "--password-stdin")
    assert "no password" in terminal.fails(*stdin, input="")
    assert "at least" in terminal.fails(*stdin, "--department", "新/部门", input="short\n")
    wrong = terminal.fails(
        *stdin, "--department", "新", "--role", "没有:x", input="long enough pw\n"
    )
    assert wrong == "There is no base 没有."
    with house():
        assert not models.Person.select().exists() and not models.Department.select().exists()
    terminal(*stdin, input="long enough password\n")
    assert "already somebody" in terminal.fails(*stdin, input="long enough password\n")


def test_settings_that_are_wrong_are_named(terminal, monkeypatch):
    for name, value in (("PORT", "many"), ("TZ", "Mars/Base"), ("DATABASE_URL", "mysql://x")):
        monkeypatch.setitem(terminal.env, f"ROUNDS_{name}", value)
        assert value.partition(":")[0] in terminal.fails("query", "a/b") or "begin with" in (
            terminal.fails("query", "a/b")
        )
        monkeypatch.delitem(terminal.env, f"ROUNDS_{name}")
    assert "ROUNDS_PORT" in terminal.fails("serve", "--port", "99999999")


def test_a_locked_database_is_waited_for_and_then_told(filled, monkeypatch):
    monkeypatch.setattr(db, "BUSY_SECONDS", 0.1)
    path = filled.env["ROUNDS_DATABASE_URL"].removeprefix("sqlite:///")
    other = peewee.sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        sentence = filled.fails("import", "走访/拜访", filled.file("m.csv", "标题\n四\n"))
    finally:
        other.close()
    assert sentence.startswith("The database is busy")


def test_an_unreachable_server_is_told(tmp_path, monkeypatch):
    terminal = Terminal(tmp_path, "postgresql://nobody:secret@127.0.0.1:9/none")
    for name, value in terminal.env.items():
        monkeypatch.setenv(name, value)
    sentence = terminal.fails("query", "a/b")
    assert sentence.startswith("The database cannot be reached") and "secret" not in sentence


def test_stopping_and_mishaps_end_in_a_sentence(filled, monkeypatch):
    more = filled.file("more.csv", "标题\n四\n")
    for error, said in (
        (KeyboardInterrupt(), "Stopped."),
        (ZeroDivisionError("x"), "This should not have happened: ZeroDivisionError (x)."),
        (MemoryError(), "There is not enough memory"),
        (OSError(28, "No space left on device"), "The disk is full."),
    ):

        def broken(*_args, error=error, **_more):
            raise error

        monkeypatch.setattr(importing, "run", broken)
        assert filled.fails("import", "走访/拜访", more).startswith(said)


def test_no_restore_while_the_data_is_in_use(filled):
    filled("backup", filled.folder / "saved")
    with running.sharing(filled.folder / "data"):
        assert "Stop the server" in filled.fails("restore", filled.folder / "saved")
    with running.alone(filled.folder / "data"):
        assert "being restored" in filled.fails("query", "走访/拜访")


def test_words_for_people_in_their_language(filled):
    done = filled.run("query", "走访/拜访", "--limit", "1")
    head, line = done.stdout.splitlines()
    assert head == "id\t标题\t方式\t日期\t人数" and line.startswith("1\t一\t上门\t")
    filled.env["ROUNDS_LANG"] = "zh"
    assert filled.fails("query", "走访/没有").startswith("没有")
    assert "3" in filled.run("query", "走访/拜访", "--count").stdout


def program(terminal, *args, **more):
    """``rounds …`` as a process of its own."""
    command = [sys.executable, "-c", "from app import main; main()", *map(str, args)]
    env = {**os.environ, **terminal.env}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def test_as_a_program(filled):
    with program(filled, "query", "走访/拜访", "--count", "--json") as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, '{"count":3}\n', "")
    with program(filled, "query", "走访/没有") as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1 and out == "" and err.count("\n") == 1


def test_a_worker_holds_the_data_and_stops_when_told(filled):
    filled("backup", filled.folder / "saved")
    with program(filled, "worker") as process:
        lock = filled.folder / "data/in-use.lock"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            sentence = filled.run("restore", filled.folder / "saved")
            if sentence.exit_code:
                break
            time.sleep(0.2)
        assert lock.exists() and "Stop the server" in sentence.stderr
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        _out, err = process.communicate(timeout=120)
    assert process.returncode == 0 and "Traceback" not in err
