"""The one door to WeasyPrint: HTML to PDF, without a browser and without a request."""

from __future__ import annotations

import io
from typing import Any

from balloon.errors import DataError


def weasyprint() -> Any:
    """The library.

    Raises
    ------
    DataError
        It, or a library that it needs, is not there.
    """
    try:
        import weasyprint as library
    except (ImportError, OSError) as error:  # OSError: pango is missing
        raise DataError(
            f"a PDF needs WeasyPrint, which cannot be loaded ({error}); install balloon-effect[brief] and "
            "the library pango, or write .html and print it from a browser"
        ) from error
    return library


def pdf(page: str, *, identifier: str) -> bytes:
    """The page as tagged PDF (PDF/UA-1); the same page gives the same bytes.

    Parameters
    ----------
    page : str
        HTML that holds all it needs: nothing else is read.
    identifier : str
        What stands for the content, in place of a random number.

    Raises
    ------
    DataError
        WeasyPrint is not there.
    """
    library, buffer = weasyprint(), io.BytesIO()
    fetcher = library.urls.URLFetcher(allowed_protocols=["data"])
    document = library.HTML(string=page, url_fetcher=fetcher)
    document.write_pdf(buffer, pdf_variant="pdf/ua-1", pdf_identifier=identifier.encode())
    return buffer.getvalue()
