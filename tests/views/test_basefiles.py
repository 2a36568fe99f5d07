"""Base files in the browser: who may take one out and bring one in, and what they are told."""

from __future__ import annotations

import io
import zipfile

import orjson
import pytest
from click.testing import CliRunner

from tracker import models
from views import cli

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NEW = "/configure/new/base-file"


def upload(browser, data: bytes, name: str = "a.rounds"):
    values = {"csrf_token": browser.csrf, "file": (io.BytesIO(data), name)}
    return browser.client.post(NEW, data=values, content_type="multipart/form-data")


def test_out_for_coordinators_and_in_for_makers(site):
    base = site.world.base.id
    path = f"/configure/{base}/base-file"
    for name, status in (("owner", 403), ("colleague", 403), ("stranger", 404)):
        assert site[name].get(path).status_code == status
        assert site[name].get(f"{path}/report").status_code == status
        assert site[name].get(NEW).status_code == 403
        assert upload(site[name], b"x").status_code == 403
    admin = site["admin"]
    answer = admin.get(path)
    assert answer.status_code == 200 and answer.mimetype == "application/zip"
    assert ".rounds" in answer.headers["Content-Disposition"]
    pattern = admin.get(f"{path}?pattern=1").data
    with zipfile.ZipFile(io.BytesIO(pattern)) as file:
        assert not [name for name in file.namelist() if name.startswith("records/")]
    page = admin.get("/configure/new").text + admin.get(NEW).text + admin.get(f"{path[:-10]}").text
    assert page.count("base-file") >= 3
    came = upload(admin, answer.data, "走访.rounds")
    assert came.status_code == 303, came.text
    told = admin.get(came.headers["Location"]).text
    assert "The key of the base is rounds_2 here." in told and "走访.rounds" in told
    assert admin.get(came.headers["Location"].removesuffix("/report")).status_code == 200
    assert "not made from" in admin.get(f"{path}/report").text
    folder = site.app.config["SETTINGS"].data_dir / "uploads"
    assert not list(folder.iterdir())
    assert not models.Batch.select().where(models.Batch.kind == "upload").exists()


def test_what_is_no_base_file_is_said_beside_it(site):
    admin = site["admin"]
    count = models.Base.select().count()
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as file:
        file.writestr("manifest.json", orjson.dumps({"format": 1}))
    for data, said in ((b"x", "no base file"), (b"", "empty"), (empty.getvalue(), "damaged")):
        answer = upload(admin, data)
        assert answer.status_code == 422 and said in answer.text
    assert "Choose a file" in admin.form(NEW).text
    assert models.Base.select().count() == count


def test_commands(site, tmp_path, database):
    """On another installation: out, in at rest, in as it was, as a pattern; one plain sentence."""

    def rounds(*args: str):
        env = {"ROUNDS_DATA_DIR": str(tmp_path), "ROUNDS_DATABASE_URL": database}
        done = CliRunner(env={**env, "ROUNDS_LANG": "en"}).invoke(cli.rounds, ["base", *args])
        return done.exit_code, done.stdout or done.stderr

    file = str(tmp_path / "a.rounds")
    code, told = rounds("export", "rounds", file, "--json")
    assert code == 0 and orjson.loads(told)["records"] > 0
    assert rounds("export", "rounds", file) == (1, f"{file} is there already.\n")
    assert rounds("export", "nosuch", file + "2") == (1, "There is no base nosuch.\n")
    assert rounds("export", "rounds", file + "3", "--without-records")[0] == 0
    code, told = rounds("import", file, "--start", "--json")
    assert code == 0 and orjson.loads(told)["base"] == "rounds_2"
    code, told = rounds("install", file + "3")
    assert code == 0 and "The base Rounds is here, with 0 records." in told
    assert rounds("install", file, "--demo")[0] == rounds("import", "nosuch")[0] == 1
