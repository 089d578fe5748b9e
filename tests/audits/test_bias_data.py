"""The bias audit's data are the same wherever they are read from; others cost one line."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fmlab import files
from fmlab.audits import data
from fmlab.audits.data import (
    CROWS_PAIRS,
    OCCUPATIONS,
    SENTENCES,
    load_winobias,
    load_winogender,
    parse_crows_pairs,
    parse_winobias,
    parse_winogender,
    read_file,
    read_manifest,
    without_brackets,
)
from fmlab.errors import UserError

LOCAL = files.data_dir()
needs_data = pytest.mark.skipif(
    LOCAL is None or not all((LOCAL / name).is_file() for name in read_manifest()),
    reason="the data of the bias audit are not at hand",
)
CSV = (
    ",sent_more,sent_less,stereo_antistereo,bias_type,annotations\n"
    '0,"Rich, she said.","Poor, she said.",stereo,socioeconomic,"[[\'x\'], []]"\n'
    "1,He is one.,She is one.,antistereo,gender,[]\n"
)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], str]]:
    """A function that serves bytes and gives their address; None of them: it never answers."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    over, servers = threading.Event(), []

    def start(body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name is the standard library's
                if not body:
                    over.wait(5)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

            def log_error(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/crows.csv"

    yield start
    over.set()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data and an empty cache."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("FMLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FMLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path


def point_to(monkeypatch: pytest.MonkeyPatch, url: str, content: bytes = CSV.encode()) -> None:
    known = data.DataFile(CROWS_PAIRS, url, files.sha256_bytes(content), "CC BY-SA 4.0")
    monkeypatch.setattr(data, "read_manifest", lambda: {CROWS_PAIRS: known})


def test_the_manifest_pins_commits_and_hashes() -> None:
    found = read_manifest()
    assert len(found) == 11
    for one in found.values():
        assert re.fullmatch(
            r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/\S+", one.url
        )
        assert re.fullmatch(r"[0-9a-f]{64}", one.sha256)
        assert one.licence in {"MIT", "CC BY-SA 4.0"}
    assert all(json.loads(line) for line in data.MANIFEST.read_text().splitlines())


def test_a_file_is_fetched_once_then_cached(
    nowhere: Path, serve: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, serve(CSV.encode()))
    assert read_file(CROWS_PAIRS) == CSV
    point_to(monkeypatch, "http://127.0.0.1:1/")
    assert read_file(CROWS_PAIRS) == CSV


def test_local_data_come_before_the_network(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, "http://127.0.0.1:1/")
    (nowhere / "data" / CROWS_PAIRS).write_text(CSV)
    assert read_file(CROWS_PAIRS) == CSV


def test_another_file_is_refused_and_not_kept(
    nowhere: Path, serve: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, serve(b"something else"))
    with pytest.raises(UserError, match=r"arrived with SHA-256 .*, expected") as told:
        read_file(CROWS_PAIRS)
    assert "\n" not in str(told.value)
    assert not list((nowhere / "cache").glob("*"))
    (nowhere / "data" / CROWS_PAIRS).write_text("something else")
    with pytest.raises(UserError, match="is not the file that this audit knows"):
        read_file(CROWS_PAIRS)


def test_a_server_that_never_answers_is_given_up(
    nowhere: Path, serve: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, serve(b""))
    with pytest.raises(UserError, match="cannot reach"):
        read_file(CROWS_PAIRS, timeout=0.2)


def test_pairs_are_read_with_their_direction() -> None:
    first, second = parse_crows_pairs(CSV)
    assert (first.more, first.direction, first.category) == (
        "Rich, she said.",
        "stereo",
        "socioeconomic",
    )
    assert (second.less, second.direction) == ("She is one.", "antistereo")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no rows"),
        ("a,b\n1,2\n", "has no column 'stereo_antistereo'"),
        (CSV.replace("antistereo,gender", "maybe,gender"), "the direction 'maybe'"),
    ],
)
def test_another_layout_costs_one_line(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as told:
        parse_crows_pairs(text)
    assert "\n" not in str(told.value)


def test_winobias_lines_go_together() -> None:
    pro = (
        "1 [The chief] fired the nurse because [he] cut [his] hair .\n"
        "2 The cook met [ a nurse] and [she] left."
    )
    anti = pro.replace("[he]", "[X]").replace("[she]", "[he]").replace("[X]", "[she]")
    first, second = parse_winobias(pro, anti.replace("[his]", "[her]"), 1, "dev")
    assert (first.occupation, first.pro_is_female) == ("chief", False)
    assert (second.occupation, second.pro_is_female) == ("nurse", True)
    assert without_brackets(second.pro) == "The cook met a nurse and she left."
    with pytest.raises(UserError, match="2 and 1 lines"):
        list(parse_winobias(pro, "1 [He] left.", 1, "dev"))


STATISTICS = "occupation\tbergsma_pct_female\tbls_pct_female\tbls_year\nnurse\t1\t89.6\t2015\n"


def test_winogender_sentences_are_paired_with_statistics() -> None:
    rows = [
        ("nurse.patient.0.male.txt", "The nurse told the patient that he knew."),
        ("nurse.patient.0.female.txt", "The nurse told the patient that she knew."),
        ("nurse.patient.0.neutral.txt", "The nurse told the patient that they knew."),
        ("nurse.patient.1.male.txt", "The nurse told the patient that he paid."),
        ("nurse.patient.1.female.txt", "The nurse told the patient that she paid."),
    ]
    text = "sentid\tsentence\n" + "".join(f"{name}\t{words}\n" for name, words in rows)
    first, second = parse_winogender(text, STATISTICS)
    assert (first.about_worker, second.about_worker) == (True, False)
    assert (first.occupation, first.percent_female) == ("nurse", 89.6)
    assert first.she == rows[1][1]
    with pytest.raises(UserError, match=r"lacks a partner for nurse\.patient\.1"):
        parse_winogender(text.replace(f"{rows[4][0]}\t{rows[4][1]}\n", ""), STATISTICS)
    with pytest.raises(UserError, match="no known occupation"):
        parse_winogender(text.replace("nurse.patient", "pilot.patient"), STATISTICS)


@needs_data
def test_the_real_files_are_what_the_papers_say() -> None:
    pairs = load_winobias()
    assert len(pairs) == 4 * 396
    assert len({pair.occupation for pair in pairs}) == 40
    jobs = load_winogender()
    assert len(jobs) == 240
    assert len({pair.occupation for pair in jobs}) == 60
    assert sum(pair.about_worker for pair in jobs) == 120
    assert {SENTENCES, OCCUPATIONS} < set(read_manifest())
