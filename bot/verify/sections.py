"""What a docstring's sections document, in whichever convention they are written."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Sections", "read_sections"]


@dataclass(frozen=True, slots=True)
class Sections:
    """Names and types as documented; types are "" where none is given."""

    parameters: tuple[tuple[str, str], ...] = ()
    attributes: tuple[str, ...] = ()
    returns: bool = False
    yields: bool = False
    raises: tuple[str, ...] = ()
    return_type: str = ""
    examples: bool = False

    @property
    def any(self) -> bool:
        """Whether there is any section at all."""
        return bool(self.parameters or self.attributes or self.returns or self.yields or self.raises)


def read_sections(doc: str, convention: str) -> Sections:
    """Return the sections of a dedented docstring.

    Args:
        doc: the docstring's text.
        convention: "google", "numpy" or "sphinx".

    Raises:
        ValueError: if the sections are malformed, with the parser's words.
    """
    if "\n" not in doc.strip():
        return Sections()
    from docstring_parser import DocstringStyle, ParseError, common, parse  # noqa: PLC0415 - 30 ms

    styles = {
        "google": DocstringStyle.GOOGLE,
        "numpy": DocstringStyle.NUMPYDOC,
        "sphinx": DocstringStyle.REST,
    }
    try:
        parsed = parse(doc, style=styles[convention])
    except ParseError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    yielded = [meta for meta in parsed.meta if isinstance(meta, common.DocstringYields)]
    returned = [
        meta
        for meta in parsed.meta
        if isinstance(meta, common.DocstringReturns) and not isinstance(meta, common.DocstringYields)
    ]
    attributes = [meta for meta in parsed.meta if isinstance(meta, common.DocstringAttr)]
    parameters = [
        meta
        for meta in parsed.meta
        if isinstance(meta, common.DocstringParam) and not isinstance(meta, common.DocstringAttr)
    ]
    return Sections(
        parameters=tuple(
            (name.strip(), one.type_name or "") for one in parameters for name in one.arg_name.split(",")
        ),
        attributes=tuple(one.arg_name for one in attributes),
        returns=bool(returned),
        yields=bool(yielded),
        raises=tuple(r.type_name or "" for r in parsed.raises),
        return_type=(returned[0].type_name or "") if returned else "",
        examples=">>>" in doc,
    )
