"""Data frames as a reader expects a table; `mended_pages` arranges them.

Columns of numbers are aligned at the right, so that magnitudes can be
compared. The name of the index, which pandas puts into a second row of
headings, stands in the corner of the first.
"""

import re

TABLE = re.compile(
    r'<table border="1" class="dataframe.*?</table>', re.DOTALL
)
ROW = re.compile(r"<tr.*?</tr>", re.DOTALL)
CELL = re.compile(r"<t([hd])([^>]*)>(.*?)</t[hd]>", re.DOTALL)
# 1,234.5; -3; 1.6e-05; 12 ± 3; 45 %; 3.9 M; and no value
NUMBER = re.compile(
    r"[+<>≈~-]?[−-]?\d[\d,]*(\.\d+)?(e[+-]?\d+)?( ± [\d.,]+)?"
    r"( ?(%|k|M|G|T|x|×))?|NaN|None|–|"
)
INDEX_NAME = re.compile(
    r"<tr[^>]*>\s*<th>([^<]+)</th>\s*(<th></th>\s*)+</tr>\s*(?=</thead>)"
)
FIRST_HEADINGS = re.compile(r"(<thead>\s*<tr[^>]*>\s*<th>)(</th>)")


def arrange(table: str) -> str:
    """One table of pandas."""
    name = INDEX_NAME.search(table)
    if name and table.count("<tr", 0, name.start()) == 1:
        table = INDEX_NAME.sub("", table)
        table = FIRST_HEADINGS.sub(rf"\g<1>{name[1]}\g<2>", table)
    body = table.partition("<tbody>")[2]
    rows = [CELL.findall(row) for row in ROW.findall(body)]
    if not rows or "rowspan" in table or "colspan" in table:
        return table
    width = len(rows[0])
    numeric = {
        column
        for column in range(width)
        if all(len(row) == width for row in rows)
        and all(row[column][0] == "d" for row in rows)
        and any(row[column][2].strip() for row in rows)
        and all(NUMBER.fullmatch(row[column][2].strip()) for row in rows)
    }

    def mark(row: re.Match[str]) -> str:
        column = -1

        def cell(found: re.Match[str]) -> str:
            nonlocal column
            column += 1
            if column not in numeric:
                return found[0]
            kind, attributes, text = found.groups()
            return f'<t{kind}{attributes} class="number">{text}</t{kind}>'

        return CELL.sub(cell, row[0])

    return ROW.sub(mark, table)


def arrange_all(body: str) -> str:
    """All tables of a page."""
    return TABLE.sub(lambda found: arrange(found[0]), body)
