from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from layers.glyphs import LAST_START, Face, Glyph, _distance, find_font, glyph_range
from minegis.errors import InvalidInput, NotFound

ROOT = Path(__file__).parents[2]
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
READ = """
const { PbfReader = null, default: Pbf = null } = await import(process.argv[1]);
const glyph = (tag, found, pbf) => {
  if (tag === 1) found.id = pbf.readVarint();
  else if (tag === 2) found.bitmap = Array.from(pbf.readBytes());
  else if (tag === 3) found.width = pbf.readVarint();
  else if (tag === 4) found.height = pbf.readVarint();
  else if (tag === 5) found.left = pbf.readSVarint();
  else if (tag === 6) found.top = pbf.readSVarint();
  else if (tag === 7) found.advance = pbf.readVarint();
};
const stack = (tag, found, pbf) => {
  if (tag === 1) found.name = pbf.readString();
  else if (tag === 2) found.range = pbf.readString();
  else if (tag === 3) found.glyphs.push(pbf.readMessage(glyph, {}));
};
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const pbf = new (PbfReader ?? Pbf)(Buffer.concat(chunks));
const read = (tag, found, pbf) => tag === 1 && pbf.readMessage(stack, found);
console.log(JSON.stringify(pbf.readFields(read, { glyphs: [] })));
"""


def dejavu(start: int) -> dict[int, Glyph]:
    if not DEJAVU.exists():
        pytest.skip("needs Debian's fonts-dejavu")
    return {glyph.code: glyph for glyph in Face(DEJAVU).glyphs(start)}


def test_the_field_of_a_square_falls_by_an_eighth_of_its_range_a_pixel() -> None:
    square = dejavu(0x2500)[0x25A0]
    row = square.field[square.field.shape[0] // 2].astype(int)
    steps = np.diff(row[:7])
    # 255 / 8 = 31.9 a pixel; 255 (1 − 0.25) = 191 at the edge, which lies within the third to fifth pixel.
    assert steps == pytest.approx([31.9] * 6, abs=0.6)
    assert row[2] < 191 < row[5]
    assert row.max() == 255
    assert square.field.shape == (square.height + 6, square.width + 6)


def test_letters_stand_on_one_line() -> None:
    letters = dejavu(0)
    bottoms = {letters[ord(each)].top - letters[ord(each)].height for each in "HEIxz"}
    assert len(bottoms) == 1
    below = letters[ord("p")]
    assert below.top - below.height < bottoms.pop()


def test_a_space_moves_on_without_ink() -> None:
    space = dejavu(0)[32]
    assert (space.width, space.height, space.field.size) == (0, 0, 0)
    # DejaVu Sans: advance 651 of 2048 units; 651 / 2048 · 24 = 7.6.
    assert space.advance == 8


def test_characters_that_the_font_lacks_are_left_out() -> None:
    assert dejavu(0x5C00) == {}
    assert ord("A") in {glyph.code for glyph in Face(None).glyphs(0)}


def test_chinese_is_drawn_with_an_installed_chinese_font() -> None:
    font = find_font()
    if font is None or "CJK" not in font.name:
        pytest.skip("needs Debian's fonts-noto-cjk")
    face = Face(font)
    assert " SC" in face.name
    tail = {glyph.code: glyph for glyph in face.glyphs(0x5C00)}[ord("尾")]
    assert tail.advance == 24
    assert 18 <= tail.width <= 24
    assert tail.field.max() > 191 > tail.field.min()


@given(st.integers(0, 2**32 - 1))
def test_distances_are_those_of_scipy(seed: int) -> None:
    ink = np.random.default_rng(seed).random((45, 60)) > 0.97
    middle = (slice(2, None, 5), slice(2, None, 5))
    exact = ndimage.distance_transform_edt(~ink)[middle] if ink.any() else np.full((9, 12), np.inf)
    near = exact <= 30
    found = _distance(ink, 6.0)
    assert found[near] == pytest.approx(np.maximum(exact[near] - 0.5, 0))
    assert (found[~near] >= 29.5).all()


def test_another_reader_of_protocol_buffers_finds_every_character() -> None:
    node, library = shutil.which("node"), ROOT / "geoserver/web/node_modules/pbf/index.js"
    if node is None or not library.exists():
        pytest.skip("needs node and `npm ci` in geoserver/web")
    glyphs = dejavu(0)
    done = subprocess.run(
        [node, "--input-type=module", "-e", READ, str(library)],
        input=glyph_range(DEJAVU, 0, "sans-serif"), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert (read["name"], read["range"]) == ("sans-serif", "0-255")
    assert [each["id"] for each in read["glyphs"]] == list(glyphs)
    for each in read["glyphs"]:
        glyph = glyphs[each["id"]]
        assert [each[key] for key in ("width", "height", "left", "top", "advance")] == [
            glyph.width, glyph.height, glyph.left, glyph.top, glyph.advance
        ]  # fmt: skip
        assert bytes(each.get("bitmap", [])) == glyph.field.tobytes()


@pytest.mark.parametrize("start", [-256, 1, 255, LAST_START + 256])
def test_ranges_are_those_of_the_basic_plane(start: int) -> None:
    with pytest.raises(NotFound):
        glyph_range(None, start, "sans-serif")


def test_a_file_that_is_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "font.ttf").write_bytes(b"not a font")
    with pytest.raises(InvalidInput, match="not a font"):
        Face(tmp_path / "font.ttf")
