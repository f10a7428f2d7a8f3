"""Blocks as one HTML page that asks nothing of any other host."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape as entities

from balloon.describe.blocks import (
    Block,
    Drawing,
    Heading,
    Items,
    Listing,
    Paragraph,
    Table,
    Term,
    clean,
    one_line,
)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Nothing may be loaded or run, whatever a name in a scenario file says."""

STYLE = """
.balloon-document { max-width: 62rem; margin: 0 auto; padding: 1rem; color: #1a1a1a; background: #fff;
  font: 1rem/1.5 system-ui, sans-serif; }
.balloon-document h2 { margin-top: 2.2em; border-bottom: 1px solid #767676; }
.balloon-document .wide { overflow-x: auto; }
.balloon-document table { border-collapse: collapse; margin: 1em 0; font-size: .9rem; }
.balloon-document caption { text-align: left; font-weight: 600; padding: .3em 0; }
.balloon-document th, .balloon-document td { text-align: left; vertical-align: top; padding: .2em .6em;
  border: 1px solid #b0b0b0; }
.balloon-document th { background: #eee; }
.balloon-document pre { overflow-x: auto; padding: .6em; background: #f4f4f4; font-size: .85rem; }
.balloon-document code { background: #f4f4f4; overflow-wrap: break-word; }
.balloon-document p, .balloon-document li, .balloon-document figcaption { overflow-wrap: anywhere; }
.balloon-document figure { margin: 1em 0; }
.balloon-document svg { max-width: 100%; height: auto; }
@media print {
  .balloon-document { max-width: none; font-size: 9pt; }
  .balloon-document tr { break-inside: avoid; }
}
""".strip()


def page(blocks: Sequence[Block]) -> str:
    """A whole page, for a file."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n</head>\n<body>\n<main>\n{fragment(blocks)}</main>\n</body>\n</html>\n"
    )


def fragment(blocks: Sequence[Block]) -> str:
    """What a notebook shows; the style touches nothing around it."""
    body = "\n".join(_block(block) for block in blocks)
    return f'<style>\n{STYLE}\n</style>\n<div class="balloon-document">\n{body}\n</div>\n'


def escape(text: str) -> str:
    """Text that means nothing to HTML.

    Examples
    --------
    >>> escape("<script>alert(1)</script>")
    '&lt;script&gt;alert(1)&lt;/script&gt;'
    """
    said = entities(one_line(text))
    if not isinstance(text, Term):
        return said
    # A path may be broken after a dot, so that a table stays as wide as the page.
    return f"<code>{said.replace('.', '.<wbr>').replace(':', ':<wbr>')}</code>"


def _block(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Items(items, numbered):
            tag = "ol" if numbered else "ul"
            return f"<{tag}>\n" + "\n".join(f"<li>{escape(item)}</li>" for item in items) + f"\n</{tag}>"
        case Table(caption, header, rows):
            head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
            body = "\n".join(
                "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
            )
            return (
                f'<div class="wide"><table>\n<caption>{escape(caption)}</caption>\n'
                f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
            )
        case Listing(text):
            return f"<pre><code>{entities(clean(text))}</code></pre>"
        case Drawing(svg, alt):
            return f"<figure>{svg}<figcaption>{escape(alt)}</figcaption></figure>"
