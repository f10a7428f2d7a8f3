"""The documentation site: Sphinx, furo and myst-nb; nothing in it is loaded from another host.

``sphinx-build -W -b html docs out/docs``, with ``pip install -e '.[docs]'``.
"""

import hashlib
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError

import balloon

HERE = Path(__file__).parent
ROOT = HERE.parent

project = "balloon"
author = "The balloon authors"
copyright = "The balloon authors, MIT licence"
version = release = balloon.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon", "myst_nb"]
exclude_patterns = ["_build", "conf.py"]
root_doc = "index"
default_role = "code"

html_theme = "furo"
html_title = "balloon"
html_static_path = ["_static"]
html_css_files = ["balloon.css"]
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"
html_theme_options = {"footer_icons": []}

autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autosummary_generate = False
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_preprocess_types = False

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}
nb_ipywidgets_js = {}  # the only script that myst-nb would ask another host for


def _stamp():
    """Hash of the package: what was executed with another text is executed again."""
    digest = hashlib.sha256()
    package = Path(balloon.__file__).parent
    for file in sorted(package.rglob("*")):
        if file.suffix in (".py", ".toml", ".csv"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


nb_execution_cache_path = str(ROOT / "out" / "jupyter-cache" / _stamp())

IN_CSS = re.compile(r"""(?:@import\s+|url\()\s*["']?(?:https?:)?//[^"')\s]+""")


def _copy_notebooks(*_):
    """Bring the notebooks of the repository into the tree that Sphinx reads."""
    target = HERE / "notebooks"
    target.mkdir(exist_ok=True)
    sources = sorted((ROOT / "notebooks").glob("*.py"))
    for old in target.glob("*.py"):
        if old.name not in {file.name for file in sources}:
            old.unlink()
    for file in sources:
        copy = target / file.name
        if not copy.exists() or copy.read_bytes() != file.read_bytes():
            shutil.copyfile(file, copy)


class _Loads(HTMLParser):
    """What a page makes a browser fetch from another host."""

    def __init__(self):
        super().__init__()
        self.foreign = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        wanted = [given.get(key) for key in ("src", "srcset", "data", "poster")]
        if tag == "link" and given.get("rel") not in ("canonical", "author", "license"):
            wanted.append(given.get("href"))
        self.foreign += [one for one in wanted if one and one.startswith(("http:", "https:", "//"))]


def _check_offline(app, error):
    """Refuse a site that would ask another host for anything."""
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    found = []
    for file in sorted(out.rglob("*.html")):
        loads = _Loads()
        loads.feed(file.read_text("utf-8"))
        found += [f"{file.relative_to(out)}: {one}" for one in loads.foreign]
    for file in sorted(out.rglob("*.css")):
        found += [f"{file.relative_to(out)}: {one}" for one in IN_CSS.findall(file.read_text("utf-8"))]
    if found:
        raise ExtensionError("the site would load from other hosts: " + "; ".join(found))


COLON = "\ue000"


def _hide_colons(app, what, name, obj, options, lines):
    """Keep napoleon from taking what stands before a colon for the type of a field."""
    if what in ("attribute", "property"):
        lines[:] = [line.replace(":", COLON) for line in lines]


def _show_colons(app, what, name, obj, options, lines):
    """Undo `_hide_colons`, after napoleon."""
    lines[:] = [line.replace(COLON, ":") for line in lines]


def _mathml(node, *, block):
    """MathML, which browsers draw by themselves."""
    return tex2mathml(node.astext(), as_block=block)


def _inline(self, node):
    self.body.append(_mathml(node, block=False))
    raise SkipNode


def _block(self, node):
    self.body.append(f'<div class="math">{_mathml(node, block=True)}</div>\n')
    raise SkipNode


def setup(app):
    """Own renderer of mathematics, and the notebooks."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("config-inited", _copy_notebooks)
    app.connect("build-finished", _check_offline)
    app.connect("autodoc-process-docstring", _hide_colons, priority=400)
    app.connect("autodoc-process-docstring", _show_colons, priority=600)
    return {"parallel_read_safe": True}
