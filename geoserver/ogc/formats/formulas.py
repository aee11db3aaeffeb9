"""Text that a spreadsheet would take for a formula, and so run."""

from __future__ import annotations

import re

_BEGINNINGS = tuple("=+-@\t\r\n＝＋－＠")  # a spreadsheet in Chinese takes the wide signs for the others
_NUMBER = re.compile(r"[+-][0-9][0-9., ]*")


def is_formula(text: str) -> bool:
    """Say whether a spreadsheet that opens text by itself would compute it; a signed number is no formula."""
    return text.startswith(_BEGINNINGS) and not _NUMBER.fullmatch(text)
