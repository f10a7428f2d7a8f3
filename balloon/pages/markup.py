"""HTML that asks nothing of any host, in which every name is a label."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from html import escape as entities
from importlib.resources import files
from typing import Any

from balloon._tables import one_line

SPECIAL = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
"""Letters that could end the element that holds the data, or a line of a script."""


def escape(text: str) -> str:
    """Text that means nothing to HTML, on one line.

    Examples
    --------
    >>> escape('<script>alert("1")</script>')
    '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'
    """
    return entities(one_line(text))


def data(values: Any) -> str:
    r"""JSON that can stand in a script element, whatever is in its texts.

    Examples
    --------
    >>> data({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(SPECIAL)


def asset(name: str) -> str:
    """A style sheet or script that ships with balloon."""
    return (files("balloon.pages") / "assets" / name).read_text("utf-8")


def document(title: str, body: str, *, style: str, script: str = "", values: Any = None) -> str:
    """A whole page, with a policy under which nothing can be loaded and no other script can run.

    Parameters
    ----------
    title : str
        Plain text.
    body : str
        HTML.
    style, script : str
        Names of assets.
    values : optional
        What the script reads.
    """
    code = asset(script) if script else ""
    seal = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    allowed = f"script-src 'sha256-{seal}'; " if code else ""
    policy = f"default-src 'none'; {allowed}style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>\n<style>\n{asset(style)}</style>\n</head>\n<body>",
        body,
    ]
    if code:
        parts += [
            f'<script type="application/json" id="data">{data(values)}</script>',
            f"<script>{code}</script>",
        ]
    return "\n".join([*parts, "</body>\n</html>\n"])


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, kind: str = "", texts: int = 1
) -> str:
    """A table whose first column heads its rows; the first ``texts`` columns are text, the others numbers."""
    top = "".join(
        f'<th scope="col"{_kind(number, texts)}>{escape(cell)}</th>' for number, cell in enumerate(head)
    )
    body = []
    for first, *others in rows:
        cells = "".join(
            f"<td{_kind(number, texts)}>{escape(cell)}</td>" for number, cell in enumerate(others, start=1)
        )
        body.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    return (
        f'<div class="wide"><table{f" class={kind}" if kind else ""}><caption>{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _kind(column: int, texts: int) -> str:
    return ' class="text"' if column < texts else ""


def items(lines: Iterable[str], *, kind: str = "") -> str:
    """A list of plain texts."""
    body = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul{f' class={kind}' if kind else ''}>{body}</ul>"


def repeat(command: str, remarks: Iterable[str], origin: Iterable[tuple[str, str]]) -> str:
    """How to repeat what a page shows."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in origin)
    more = "".join(f"<p>{escape(one)}</p>" for one in remarks)
    # A word is broken only where it is longer than a line, never after its dashes.
    typed = " ".join(f"<span>{escape(word)}</span>" for word in command.split(" "))
    return f"<pre><code>{typed}</code></pre>{more}<dl>{rows}</dl>"
