"""Makes the Chinese font files from Noto Sans CJK (Debian package fonts-noto-cjk, SIL OFL 1.1).

    pip install fonttools brotli
    python dashboards/fonts/make-noto-subsets.py NotoSansCJK-Regular.ttc NotoSansCJK-Bold.ttc

`ui`: every ideograph that our own texts use, in two weights. `common`: the remaining 3,755 of GB 2312 level 1, for
names that come from machines; loaded by the browser only when one of them is on the screen. `name`: the two of the
language's own name. Writes the woff2 files and ../styles/fonts-zh.css.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TEXTS = [*HERE.parent.glob("i18n/*.ts"), *ROOT.glob("simulators/**/*.yaml"), *ROOT.glob("simulators/**/*.ts")]


CHINESE = "U+3000-303F, U+4E00-9FFF, U+FF00-FFEF"


def is_chinese(character: str) -> bool:
    code = ord(character)
    return 0x3000 <= code <= 0x303F or 0x4E00 <= code <= 0x9FFF or 0xFF00 <= code <= 0xFFEF


def used() -> set[str]:
    return {c for path in TEXTS for c in path.read_text("utf-8") if is_chinese(c)}


def level_one() -> set[str]:
    codes = (bytes([row + 0xA0, cell + 0xA0]) for row in range(16, 56) for cell in range(1, 95))
    return {c for code in codes for c in code.decode("gb2312", "ignore") if is_chinese(c)}


def load(path: str):
    return next(font for font in TTCollection(path).fonts if font["name"].getDebugName(1).endswith("CJK SC"))


def write(source: str, characters: set[str], target: str) -> None:
    options = subset.Options(flavor="woff2", layout_features=["kern", "locl"], hinting=False, desubroutinize=True)
    font = load(source)
    maker = subset.Subsetter(options)
    maker.populate(text="".join(sorted(characters)))
    maker.subset(font)
    subset.save_font(font, str(HERE / target), options)
    print(f"{target}: {len(characters)} characters, {(HERE / target).stat().st_size / 1000:.0f} kB")


def ranges(characters: set[str]) -> str:
    codes = sorted(map(ord, characters))
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ", ".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in runs)


def face(file: str, weight: str, span: str) -> str:
    return (
        "@font-face {\n  font-family: 'Noto Sans SC';\n"
        f"  font-weight: {weight};\n  font-display: swap;\n"
        f"  src: url('../fonts/{file}') format('woff2');\n  unicode-range: {span};\n}}\n"
    )


def main() -> None:
    regular, bold = sys.argv[1:3]
    ui = used()
    common = level_one() - ui
    write(regular, set("中文"), "noto-sans-sc-name.woff2")
    write(regular, ui, "noto-sans-sc-ui-400.woff2")
    write(bold, ui, "noto-sans-sc-ui-700.woff2")
    write(regular, common, "noto-sans-sc-common-400.woff2")
    css = "/* Made by fonts/make-noto-subsets.py; do not edit. */\n"
    # Faces of one family are only put together when their weights are written alike.
    for weight, file in (("400 500", "noto-sans-sc-ui-400.woff2"), ("600 700", "noto-sans-sc-ui-700.woff2")):
        # Of faces whose ranges overlap the last one that has a character counts: what `ui` does not have is `common`'s.
        css += face("noto-sans-sc-common-400.woff2", weight, CHINESE)
        css += face(file, weight, ranges(ui))
    (HERE.parent / "styles" / "fonts-zh.css").write_text(css, "utf-8")


if __name__ == "__main__":
    main()
