"""One cell of a file to one value of a declared field, or the reason why not."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any

from data_catalog.dataset import Field
from data_catalog.mistake import Refused
from minegis.clock import format_utc

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
)
_SPREADSHEET_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!)")
_BROKEN_TEXT = re.compile("\ufffd|锟斤拷|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TRUE = frozenset({"是", "有", "true", "yes", "y", "1", "真"})
_FALSE = frozenset({"否", "无", "false", "no", "n", "0", "假"})
_ID = re.compile(r"[^/\\?#%]{1,100}")
_EXACT_INTEGER = 10**15  # beyond, a spreadsheet has rounded the digits

_REGION_CODES = {
    "region_code": (r"\d{6}", "a GB/T 2260 code of six digits"),
    "division_code": (
        r"\d{6}(\d{3})?",
        "a GB/T 2260 code of six digits, or a township's (GB/T 10114) of nine",
    ),
}
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def parse_value(
    field: Field, raw: Any, *, region_codes: Mapping[str, str] | None = None, time_zone: tzinfo | None = None
) -> Any:
    """Return the value that the store keeps; a blank is None and never 0.

    Parameters
    ----------
    field : Field
    raw : object
        A cell as the reader gave it: text, number, boolean, date or None.
    region_codes : mapping, optional
        Codes by region name, for a code field filled with a name.
    time_zone : tzinfo, optional
        Of times that are written without an offset.

    Raises
    ------
    Refused
        If the field does not take the value.
    """
    if is_blank(raw):
        if field.required:
            raise Refused("必填项为空", "a required value is blank", describe(field))
        return None
    if isinstance(raw, str) and _SPREADSHEET_ERROR.fullmatch(raw.strip()):
        raise Refused("单元格是错误值", "the cell holds a spreadsheet error", describe(field))
    if field.choices:
        return _choice(field, raw)
    match field.type:
        case "number" | "integer":
            value: Any = _ranged(field, raw)
        case "boolean":
            value = _boolean(field, raw)
        case "date":
            value = _date(field, raw).isoformat()
        case "datetime":
            value = format_utc(parse_time(raw, time_zone))
        case "string":
            value = _string(field, raw, region_codes or {})
    return value


def is_blank(raw: Any) -> bool:
    """Whether a cell is empty: nothing, or white space."""
    return (
        raw is None
        or (isinstance(raw, str) and not raw.strip())
        or (isinstance(raw, float) and math.isnan(raw))
    )


def parse_number(raw: Any, expected: str) -> float:
    """Return a finite number; digits of any width are read, units and decimal commas are not.

    Raises
    ------
    Refused
        If it is not just a number.
    """
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        number = float(raw)
    else:
        text = unicodedata.normalize("NFKC", str(raw)).strip().replace("−", "-")
        if isinstance(raw, bool) or not _NUMBER.fullmatch(text):
            comma = re.fullmatch(r"[+-]?[\d.,]*,[\d.,]*", text)
            unit = re.match(r"[+-]?\d+([.,]\d+)?\s*[^\d\s.,]", text)
            if comma:
                raise Refused("数字中有逗号", "a comma in the number", f"{expected}, with a decimal point")
            if unit:
                raise Refused("数字后带有单位或文字", "text after the number", f"{expected}, digits only")
            raise Refused("不是数字", "not a number", expected)
        number = float(text)
    if not math.isfinite(number):
        raise Refused("不是有限数", "not a finite number", expected)
    return number


def parse_text(raw: Any) -> str:
    """Return trimmed text; a whole number is written without a decimal point.

    Raises
    ------
    Refused
        If a spreadsheet has made a date or a rounded number of it, or characters are broken.
    """
    if isinstance(raw, date):
        raise Refused(
            "文字被表格软件改成了日期",
            "the spreadsheet made a date of this",
            "text (format the cell as text)",
        )
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        if abs(raw) >= _EXACT_INTEGER:
            raise Refused(
                "数字位数过多，表格软件已舍入",
                "digits lost by the spreadsheet",
                "text (format the cell as text)",
            )
        return str(int(raw)) if float(raw).is_integer() else str(raw)
    text = str(raw).strip().lstrip("\ufeff")
    if _BROKEN_TEXT.search(text):
        raise Refused("有乱码", "broken characters", "text in the file's encoding")
    return text


def parse_code(raw: Any) -> str:
    """Return an identifier: trimmed text with full-width characters made plain.

    Raises
    ------
    Refused
        As `parse_text`.
    """
    return unicodedata.normalize("NFKC", parse_text(raw)).strip()


def parse_id(raw: Any) -> str:
    """Return the id of a feature, which is also part of addresses.

    Raises
    ------
    Refused
        If it is blank, too long, or holds a character that addresses give another meaning.
    """
    code = "" if is_blank(raw) else parse_code(raw)
    if not code:
        raise Refused("编号为空", "the id is blank", "the id of the feature, unique in the layer")
    if not _ID.fullmatch(code):
        raise Refused(
            "编号含有不允许的字符",
            "the id holds a character it cannot",
            r"at most 100 characters, none of / \ ? # %",
        )
    return code


def parse_time(raw: Any, time_zone: tzinfo | None) -> datetime:
    """Return an aware time.

    Raises
    ------
    Refused
        If it is no time, has no offset and no zone is declared, or falls on a clock change.
    """
    expected = "an ISO time with offset, 2026-07-20T12:00:00+08:00"
    if isinstance(raw, datetime):
        moment = raw
    else:
        text = unicodedata.normalize("NFKC", str(raw)).strip().replace("/", "-")
        text = re.sub(
            r"^(\d{4})-(\d{1,2})-(\d{1,2})(?=[ T])", lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", text
        )
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise Refused("不是时间", "not a time", expected) from None
        if len(text) <= len("2026-07-20"):
            raise Refused("只有日期，没有时刻", "a date without a time of day", expected)
    if moment.tzinfo is not None:
        return moment
    if time_zone is None:
        raise Refused(
            "时间没有时区", "a time without offset", f"{expected}, or a time zone given with the import"
        )
    aware = moment.replace(tzinfo=time_zone)
    if aware.utcoffset() != aware.replace(fold=1).utcoffset():
        raise Refused(
            "时间落在时钟调整处，有歧义",
            "a local time that the clock change makes ambiguous",
            "a time with offset",
        )
    return aware


def uscc_is_valid(code: str) -> bool:
    """Whether the check digit of a unified social credit code (统一社会信用代码) is right.

    References
    ----------
    GB 32100-2015, 4.2.
    """
    if len(code) != 18 or any(character not in _USCC_ALPHABET for character in code):
        return False
    total = sum(
        _USCC_ALPHABET.index(character) * weight
        for character, weight in zip(code[:17], _USCC_WEIGHTS, strict=True)
    )
    return _USCC_ALPHABET[(31 - total % 31) % 31] == code[17]


def describe(field: Field) -> str:
    """Return in words what a field takes."""
    if field.choices:
        return "one of " + ", ".join(f"{code} {label.zh}" for code, label in field.choices.items())
    if field.format == "uscc":
        return "a unified social credit code of 18 characters"
    if field.format in _REGION_CODES:
        return _REGION_CODES[field.format][1]
    words = {
        "string": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "是 or 否 (true or false)",
        "date": "a date, 2026-07-20",
        "datetime": "a time with offset, 2026-07-20T12:00:00+08:00",
    }[field.type]
    unit = f" in {field.unit}" if field.unit and field.unit != "1" else ""
    if field.minimum is not None and field.maximum is not None:
        return f"{words}{unit}, {field.minimum:g} to {field.maximum:g}"
    if field.minimum is not None:
        return f"{words}{unit}, {field.minimum:g} or more"
    return f"{words}{unit}, at most {field.maximum:g}" if field.maximum is not None else words + unit


def _choice(field: Field, raw: Any) -> Any:
    wanted = parse_code(raw).casefold()
    for code, label in field.choices.items():
        if wanted in {_level(code), _level(label.zh), _level(label.en)}:
            return int(code) if field.type == "integer" else code
    raise Refused("不在可选值中", "not one of the choices", describe(field))


def _level(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _ranged(field: Field, raw: Any) -> float | int:
    number = parse_number(raw, describe(field))
    if field.type == "integer" and not number.is_integer():
        raise Refused("不是整数", "not a whole number", describe(field))
    if field.type == "integer" and abs(number) >= _EXACT_INTEGER:
        raise Refused("数字位数过多", "more digits than a whole number is kept with", describe(field))
    low = field.minimum is not None and number < field.minimum
    high = field.maximum is not None and number > field.maximum
    if low or high:
        raise Refused("超出允许范围", "out of range", describe(field))
    return int(number) if field.type == "integer" else number


def _boolean(field: Field, raw: Any) -> bool:
    text = unicodedata.normalize("NFKC", str(raw)).strip().casefold()
    if isinstance(raw, float) and raw in (0.0, 1.0):
        return bool(raw)
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise Refused("不是“是”或“否”", "neither yes nor no", describe(field))


def _date(field: Field, raw: Any) -> date:
    if isinstance(raw, datetime):
        if raw.time() != datetime.min.time():
            raise Refused("日期带有时刻", "a date with a time of day", describe(field))
        return raw.date()
    if isinstance(raw, date):
        return raw
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", str(raw)).strip())
    if not found:
        raise Refused("不是日期，或年月日次序不明", "not a date, or its order is unclear", describe(field))
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        raise Refused("没有这一天", "no such day", describe(field)) from None


def _string(field: Field, raw: Any, region_codes: Mapping[str, str]) -> str:
    if not field.format:
        return parse_text(raw)
    code = parse_code(raw).upper()
    if field.format in _REGION_CODES:
        code = region_codes.get(code, code)
        if not re.fullmatch(_REGION_CODES[field.format][0], code):
            raise Refused("不是区划代码", "not a region code", describe(field))
    elif not uscc_is_valid(code):
        raise Refused(
            "统一社会信用代码校验不符", "the check digit of the credit code is wrong", describe(field)
        )
    return code
