"""The extensions do to a page what they are there for, and leave the rest of it as it was."""

import importlib.util
from pathlib import Path

import course
import lean
import math_as_svg
import pytest
import stands_alone
from docutils import nodes

REPOSITORY = "https://github.com/someone/a-book"
SCRIPT = (
    '{moon:[384,512,[127769],"f186","M1"]},x={moon:[384,512,[127769],"f186","M2"],'
    '"xmark":[384,512,["close","times"],"f00d","M3"]}'
)


def folder_of(package: str) -> Path:
    """Return where a package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ('<script src="https://a.example/x.js"></script>', "https://a.example/x.js"),
        ('<img alt="" src="//a.example/x.png">', "//a.example/x.png"),
        ('<link rel="preload stylesheet" href="https://a.example/x">', "https://a.example/x"),
        ("<style>@import 'https://a.example/x.css'</style>", "https://a.example/x.css"),
        ("<style>p { background: url(//a.example/x) }</style>", "//a.example/x"),
        ('<p style="background: url(https://a.example/x)">', "https://a.example/x"),
        ("<script>s.src = 'https://a.example/x.js'</script>", "https://a.example/x.js"),
        ("<script>import('https://a.example/x.js')</script>", "https://a.example/x.js"),
        ("<iframe src='http://a.example/'></iframe>", "http://a.example/"),
    ],
)
def test_what_a_page_loads_from_elsewhere_is_found(page: str, address: str) -> None:
    assert stands_alone.fetches_elsewhere(page) == [address]


@pytest.mark.parametrize(
    "page",
    [
        '<a href="https://a.example/">a link waits for a click</a>',
        '<link rel="canonical" href="https://a.example/">',
        '<meta property="og:image" content="https://a.example/x.png">',
        '<script src="../_static/x.js"></script><img alt="" src="data:image/png;base64,AA">',
        "<p>Write <code>script.src = 'https://a.example/x.js'</code></p>",
        '<svg xmlns="http://www.w3.org/2000/svg"><use xlink:href="#a"></use></svg>',
    ],
)
def test_what_waits_or_is_at_home_is_not_found(page: str) -> None:
    assert stands_alone.fetches_elsewhere(page) == []


def test_the_views_of_bertviz_load_from_the_site() -> None:
    folder = folder_of("bertviz")
    for name in ("head_view", "model_view", "neuron_view"):
        source = (folder / f"{name}.py").read_text() + (folder / f"{name}.js").read_text()
        assert "cdnjs" in source
        assert "cdnjs" not in stands_alone.from_the_site(source, "../_static/libs")


def test_a_path_of_require_config_keeps_no_ending() -> None:
    page = "paths: {d3: 'https://cdnjs.cloudflare.com/ajax/libs/d3/5.7.0/d3.min'}"
    assert stands_alone.from_the_site(page, "../libs") == "paths: {d3: '../libs/d3/d3.min'}"


def test_every_library_is_among_what_is_fetched(root: Path) -> None:
    package = (root / "package.json").read_text(encoding="utf-8")
    files = [file for files in stands_alone.LIBRARIES.values() for file in files]
    named = ["/".join(f.split("/")[: 2 if f.startswith("@") else 1]) for f in files]
    assert [name for name in named if f'"{name}"' not in package] == []


def test_the_theme_has_every_icon_that_the_style_draws() -> None:
    theme = folder_of("pydata_sphinx_theme") / "theme" / "pydata_sphinx_theme"
    static = theme / "static"
    icons = lean.Icons((static / lean.ICONS_SCRIPT).read_text(encoding="utf-8"))
    style = lean.icon_style(icons)
    assert style.count("--icon: url(") == len(lean.DRAWN_BY_STYLE)
    assert icons.get("github", "brands")


def test_an_icon_is_drawn_with_its_class_and_data() -> None:
    icons = lean.Icons(SCRIPT)
    page = '<i class="theme-switch fa-solid fa-moon fa-lg" data-mode="dark" title="Dark"></i>'
    drawn = lean.draw_icons(page, icons)
    assert 'class="svg-inline--fa theme-switch fa-moon fa-lg" data-mode="dark"' in drawn
    assert 'd="M2"' in drawn
    assert "title" not in drawn


def test_an_icon_has_a_regular_form_and_other_names() -> None:
    icons = lean.Icons(SCRIPT)
    regular = icons.get("moon", "regular")
    assert regular is not None
    assert regular.path == "M1"
    assert icons.get("times") == icons.get("xmark")
    assert icons.get("nothing") is None


def test_the_script_of_all_icons_is_not_loaded() -> None:
    page = 'a<script defer src="../_static/scripts/fontawesome.js?digest=1"></script>b'
    assert lean.draw_icons(page, lean.Icons(SCRIPT)) == "ab"


def test_a_summary_is_called_what_is_written_on_it() -> None:
    page = '<summary aria-label="Toggle hidden content"><p>Show one solution</p></summary>'
    assert "aria-label" not in lean.let_text_name(page)
    assert "Show one solution" in lean.let_text_name(page)


def test_a_source_is_an_item_of_its_list() -> None:
    page = '<div role="list"><div class="citation" role="doc-biblioentry">A source</div></div>'
    assert 'class="citation" role="listitem"' in lean.list_sources(page)


def test_a_page_loads_no_search_and_keeps_its_other_scripts() -> None:
    searches = "".join(
        f'\n    <script src="../{name}"></script>'
        for name in ("_static/searchtools.js", "_static/language_data.js", "searchindex.js?v=1a")
    )
    others = '<script src="../_static/reading.js"></script><a href="../search.html">searchtools</a>'
    assert lean.search_elsewhere(f"<head>{searches}</head>{others}") == f"<head></head>{others}"


def formula(number: int, glyph: str) -> str:
    """Return a formula of one glyph, as MathJax writes it."""
    name = f"MJX-{number}-TEX-I-{glyph}"
    return (
        f'<svg><defs><path id="{name}" d="M{glyph}"></path></defs><use xlink:href="#{name}"/></svg>'
    )


def test_a_glyph_is_outlined_once_a_page() -> None:
    page = math_as_svg.share_glyphs(formula(1, "A") + formula(2, "A") + formula(3, "B"))
    assert page.count('d="MA"') == page.count('d="MB"') == 1
    assert page.count('xlink:href="#MJX-TEX-I-A"') == 2
    assert page.index("<defs>") < page.index("xlink:href")


def test_a_page_without_formulas_stays_as_it_is() -> None:
    assert math_as_svg.share_glyphs("<p>text</p>") == "<p>text</p>"


@pytest.mark.parametrize(
    ("tex", "one"),
    [
        ("a = b", "a = b"),
        (r"a &= b \\ c &= d", r"\begin{split}a &= b \\ c &= d\end{split}"),
        ("a\n\nb", r"\begin{aligned}a\\b\end{aligned}"),
    ],
)
def test_a_block_of_tex_becomes_one_formula(tex: str, one: str) -> None:
    node = nodes.math_block(tex, tex, nowrap=False)
    assert math_as_svg.as_one(node) == one


def test_a_formula_is_drawn_and_a_mistake_is_told(root: Path) -> None:
    pen = math_as_svg.Pen(root / "node_modules" / "mathjax" / "es5")
    try:
        html, error = pen.draw(r"\frac{a}{b}", display=True)
        assert error is None
        assert "<svg" in html
        assert "<mfrac>" in html
        assert "fracc" in str(pen.draw(r"\fracc{a}{b}", display=True)[1])
        assert pen.draw("x_i", display=False)[1] is None
    finally:
        pen.put_down()


def test_the_address_of_colab_comes_from_the_repository() -> None:
    colab = course.colab_address(REPOSITORY, "main", "labs/student/02_x.ipynb")
    assert colab.endswith("/github/someone/a-book/blob/main/labs/student/02_x.ipynb")


def test_a_lab_has_a_link_to_colab_and_one_to_the_file() -> None:
    row = course.lab_buttons("https://colab.example/a?b&c", "../student/02_x.ipynb")
    assert 'href="https://colab.example/a?b&amp;c"' in row
    assert 'href="../student/02_x.ipynb" download' in row
