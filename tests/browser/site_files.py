"""What can be said of the built pages from their files alone: links, anchors, badges, hosts.

Every check returns a list of findings, one line each; an empty list means that all is well.
"""

import gzip
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

REPOSITORY = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("FMLAB_SITE") or REPOSITORY / "_build" / "html").resolve()

# What a page loads as it opens, by tag and attribute.
LOADED = {
    "img": "src",
    "script": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
}
# A <link> of one of these relations makes the browser ask for something.
LOADING_RELATIONS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "modulepreload",
    "manifest",
    "preconnect",
    "dns-prefetch",
}
CDN = re.compile(r"https?://[\w.-]*(?:jsdelivr|unpkg|cdnjs|googleapis|gstatic|cloudflare)[\w./@-]*")
CSS_URL = re.compile(r"(?:url\(\s*|@import\s+)[\"']?((?:https?:)?//[^\"')\s]+)")


def pages(html: Path) -> list[Path]:
    """Return every built page under `html`, without the copies of sources and downloads."""
    unseen = {"_sources", "_downloads", "_static", "_images"}
    return [
        page
        for page in sorted(html.rglob("*.html"))
        if not unseen & set(page.relative_to(html).parts)
    ]


@cache
def parsed(page: Path) -> BeautifulSoup:
    """Return the parsed page."""
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return every name in the page that a link can point at."""
    soup = parsed(page)
    named = [str(tag["id"]) for tag in soup.find_all(id=True)]
    return frozenset(named + [str(tag["name"]) for tag in soup.find_all("a", attrs={"name": True})])


def references(page: Path) -> Iterator[tuple[Tag, str]]:
    """Yield every address that the page links to or loads, with its tag."""
    for tag in parsed(page).find_all(True):
        attribute = "href" if tag.name in {"a", "area", "link"} else LOADED.get(tag.name)
        if attribute and tag.get(attribute) is not None:
            yield tag, str(tag[attribute]).strip()
        for candidate in str(tag.get("srcset", "")).split(","):
            if candidate.strip():
                yield tag, candidate.split()[0]


def broken_links(page: Path, html: Path) -> list[str]:
    """Return every link, image, script and download of `page` that leads nowhere in the site."""
    found = []
    for tag, address in references(page):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        where = f"{page.relative_to(html)}: <{tag.name}> {address!r}"
        if parts.path.startswith("/"):
            found.append(f"{where} starts at the host's root, so it breaks in a sub-folder")
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
        if not target.is_file():
            found.append(f"{where} leads to no file")
        elif html.resolve() not in target.parents:
            found.append(f"{where} leads out of the site")
        elif parts.fragment and target.suffix == ".html":
            if unquote(parts.fragment) not in anchors(target):
                found.append(f"{where}: {target.name} has no anchor {parts.fragment!r}")
    return found


def foreign_loads(page: Path, html: Path) -> list[str]:
    """Return what the page's markup, or a script written in it, would load from another host.

    A recording of requests misses what loads late or only in some browsers; this does not.
    """
    where = page.relative_to(html)
    found = []
    for tag, address in references(page):
        relations = {str(name).lower() for name in (tag.get_attribute_list("rel") or [])}
        loads = tag.name in LOADED or (tag.name == "link" and relations & LOADING_RELATIONS)
        if loads and urlsplit(address).netloc:
            found.append(f"{where}: <{tag.name}> loads {address}")
    for script in parsed(page).find_all("script", src=False):
        found += [f"{where}: a script names {host}" for host in CDN.findall(script.get_text())]
    for style in parsed(page).find_all("style"):
        found += [f"{where}: a style loads {url}" for url in CSS_URL.findall(style.get_text())]
    return found


def foreign_styles(html: Path) -> list[str]:
    """Return every address at another host that a style sheet of the site would load."""
    return [
        f"{sheet.relative_to(html)} loads {url}"
        for sheet in sorted(html.rglob("*.css"))
        for url in CSS_URL.findall(sheet.read_text(encoding="utf-8", errors="replace"))
    ]


@cache
def repository_address() -> tuple[str, str]:
    """Return the repository's `owner/name` and branch, from the one place that says them."""
    config = yaml.safe_load((REPOSITORY / "_config.yml").read_text(encoding="utf-8"))
    settings = config["repository"]
    name = urlsplit(settings["url"]).path.strip("/").removesuffix(".git")
    return name, settings.get("branch", "main")


@cache
def tracked(repository: Path) -> frozenset[str]:
    """Return the paths that git tracks: what a reader finds at the repository's address."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=True
    )
    return frozenset(listing.stdout.split("\0"))


def path_in_repository(address: str, name: str, branch: str) -> str | None:
    """Return the path in the repository that a link, a Colab or a Kaggle badge points at.

    Returns:
        The path; None where the address has nothing to do with a file in a repository.
    """
    if hidden := parse_qs(urlsplit(address).query).get("src"):  # Kaggle
        return path_in_repository(hidden[0], name, branch)
    parts = urlsplit(address)
    at_github = re.fullmatch(r"/([^/]+/[^/]+)/(blob|raw|tree|edit)/([^/]+)/(.+)", parts.path)
    at_raw_host = re.fullmatch(r"/([^/]+/[^/]+)()/([^/]+)/(.+)", parts.path)
    at_colab = re.fullmatch(r"/github/([^/]+/[^/]+)/(blob)/([^/]+)/(.+)", parts.path)
    match parts.netloc.removeprefix("www."):
        case "github.com":
            hit = at_github
        case "raw.githubusercontent.com":
            hit = at_raw_host
        case "colab.research.google.com":
            if not at_colab:
                return f"{address} (no notebook in it)"
            hit = at_colab
            if (hit[1], hit[3]) != (name, branch):
                return f"{hit[1]}@{hit[3]}:{hit[4]} (another repository or branch)"
        case _:
            return None
    if hit is None or hit[1] != name:
        return None
    return unquote(hit[4]) if hit[3] == branch else f"{hit[3]}:{hit[4]} (another branch)"


def badges(page: Path) -> list[str]:
    """Return the path of every file of the repository that the page links to."""
    name, branch = repository_address()
    hits = (path_in_repository(address, name, branch) for _, address in references(page))
    return [path for path in hits if path is not None]


def dead_badges(page: Path, html: Path, repository: Path = REPOSITORY) -> list[str]:
    """Return every badge and repository link of `page` whose target the repository lacks."""
    known = tracked(repository)
    return [
        f"{page.relative_to(html)}: the repository has no {path}"
        for path in badges(page)
        if path not in known and not any(name.startswith(f"{path}/") for name in known)
    ]


def packed_bytes(addresses: Iterable[str], home: str, folder: Path) -> int:
    """Return what a page asked of the server of `folder`: each file packed, and counted once."""
    root = "{0.scheme}://{0.netloc}/".format(urlsplit(home))
    names = {unquote(urlsplit(url).path).lstrip("/") for url in addresses if url.startswith(root)}
    return sum(len(gzip.compress((folder / name).read_bytes(), 6)) for name in names)
