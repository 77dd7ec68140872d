"""A small folder of tables with everything that is awkward: partial sets, markup in names, empty cells, infinity."""

import hashlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.bench.records import Coding
from lic_tcm.files import write_bytes, write_text
from lic_tcm.images import sha256_rgb, write_png
from lic_tcm.report import render

EVIL = "Évil <script>alert('x')</script> & 100 %_of a name longer than any telephone is wide"

RD_HEADER = (
    "dataset,series,label,kind,metric,optimised_for,point,bpp,value,bpp_lo,bpp_hi,value_lo,value_hi,"
    "n_images,images_total,psnr_reference,source,ci_method,value_average,value_db_average,bpp_estimated,rate_gap"
)
BD_HEADER = (
    "dataset,metric,anchor,anchor_kind,series,label,kind,averaging,bd_method,bd_rate,ci_lo,ci_hi,bd_distortion,"
    "overlap_lo,overlap_hi,overlap_share,n_images,images_total,notes,ci_method,value_average,marks"
)
JACKKNIFE = '"jackknife, Student\'s t"'
TABLE2_HEADER = (
    "method,dataset,paper,recomputed,against_paper,against_rgb,measured,ci_lo,ci_hi,"
    "anchor,bd_method,psnr_reference,note"
)
IMAGES_HEADER = (
    "dataset,images_total,method,codec,point,image,height,width,num_bytes,bpp,psnr,ms_ssim,psnr_reference,"
    "encode_s,decode_s,sha256_stream,environment,label"
)


def rd_points() -> list[str]:
    """Lines of rd_points.csv."""
    lines = [RD_HEADER]
    for series, label, rate in (("webp", "WebP", 1.2), ("evil", EVIL, 1.0)):
        for i, point in enumerate(("10.0", "30.0", "50.0", "70.0")):
            bpp, psnr, ms_ssim = rate * (0.2, 0.4, 0.6, 0.9)[i], 28.25 + 3 * i, 12.5 + 3 * i
            ends = f"{bpp - 0.03:.4f},{bpp + 0.03:.4f}"
            lines.append(
                f'clic,{series},"{label}",measured,psnr,mse,{point},{bpp:.4f},{psnr},{ends},{psnr - 1},{psnr + 1},'
                "8,41,rgb,codec"
            )
            lines.append(
                f'clic,{series},"{label}",measured,ms-ssim,mse,{point},{bpp:.4f},{ms_ssim},{ends},,,8,41,rgb,codec'
            )
    for i in range(6):
        lines.append(
            f"clic,tcm-small,TCM (small),published,psnr,mse,,{0.15 * (i + 1):.3f},{29 + 2 * i},,,,,,,rgb,paper"
        )
    lines.append("clic,jxl,JPEG XL,measured,psnr,mse,0.0,0.5,30.0,,,,,8,41,rgb,codec")
    lines.append("clic,jxl,JPEG XL,measured,psnr,mse,100.0,0.9,inf,,,,,8,41,rgb,codec")
    lines += [
        f"kodak,vtm,VTM-12.1,digitised,psnr,mse,,{0.2 * i},{30 + i},,,,,24,24,converted,figure" for i in (1, 2, 3, 4)
    ]
    return [lines[0], *(f"{line},{_rest(line)}" for line in lines[1:])]


def _rest(line: str) -> str:
    """The last columns of a point: intervals by the jackknife, linear MS-SSIM, and for one method an estimated rate."""
    average = "linear,13.0" if ",ms-ssim,mse," in line else ","
    estimate = "0.199,0.5" if ",evil," in line else ","
    return f"{JACKKNIFE if ',measured,' in line else ''},{average},{estimate}"


def bd_rates() -> list[str]:
    """Lines of bd_rate.csv."""
    lines = [BD_HEADER]
    for method, shift in (("pchip", 0.0), ("cubic", 0.5)):
        common = f"clic,psnr,webp,measured,%s,mean curve,{method}"
        ranges = "0.62,28.25,37.25,0.9"
        lines.append(common % "webp,WebP,measured" + f",0.0,0.0,0.0,0.0,28.25,37.25,1,8.0,41,,{JACKKNIFE},,")
        lines.append(
            common % f'evil,"{EVIL}",measured'
            + f",{-16.67 + shift},-18.5,-15.25,{ranges},8.0,41,small overlap,{JACKKNIFE},,overlap"
        )
        lines.append(common % "tcm-small,TCM (small),published" + f",{-31.4 + shift},,,1.7,29.0,37.25,0.7,8.0,41,,,,")
        lines.append(common % "jxl,JPEG XL,measured" + ",,,,,,,,8.0,41,JPEG XL is lossless; code other points,,,")
    lines.append(
        f"clic,psnr,webp,measured,evil,E,measured,per image,pchip,-17.5,-19,-16,,28.25,37.25,,8.0,41,,{JACKKNIFE},,"
    )
    return lines


def all_pairs() -> list[str]:
    """Lines of all_pairs.csv: every pair in PSNR, two methods that are not separable in MS-SSIM."""
    webp, tcm = "webp,WebP,measured", "tcm-small,TCM (small),published"
    evil, jxl = f'evil,"{EVIL}",measured', "jxl,JPEG XL,measured"
    sure, bare = f"0.62,28.25,37.25,0.9,8.0,41,,{JACKKNIFE},,", "1.7,29.0,37.25,0.7,8.0,41,,,,overlap"
    none = ",,,,,,,8.0,41,JPEG XL is lossless; code other points,,,"
    lines = [BD_HEADER]
    for anchor, test, numbers in (
        ("webp,measured", evil, f"-16.67,-18.5,-15.25,{sure}overlap"),
        ("webp,measured", tcm, f"-31.4,,,{bare}"),
        ("webp,measured", jxl, none),
        ("evil,measured", webp, f"20.01,18.0,22.7,{sure}"),
        ("evil,measured", tcm, f"-17.7,,,{bare}"),
        ("evil,measured", jxl, none),
        ("tcm-small,published", webp, f"45.8,,,{bare}"),
        ("tcm-small,published", evil, f"21.5,,,{bare}"),
        ("tcm-small,published", jxl, none),
    ):
        lines.append(f"clic,psnr,{anchor},{test},mean curve,pchip,{numbers}")
    for anchor, test, numbers in (("webp", evil, "-2,-5,1.5"), ("evil", webp, "2.04,-1.5,5.3")):
        lines.append(f"clic,ms-ssim,{anchor},measured,{test},mean curve,pchip,{numbers},{sure}")
    return lines


def paper_tables() -> dict[str, list[str]]:
    """Lines of table1.csv and sensitivity.csv."""
    table1 = ["model,label,quantity,unit,paper,recomputed,measured,ci_lo,ci_hi,device,note"]
    for model, label in (("small", "TCM-S"), ("large", "TCM-L & more")):
        table1.append(f"{model},{label},parameters,M,44.96,,44.956,,,,counted")
        table1.append(f"{model},{label},encode,ms,109,,,,,,not timed here")
        table1.append(f"{model},{label},BD-rate,%,-7.39,-7.40,-7.1,-8,-6.5,,clic")
    sensitivity = [
        "dataset,series,label,kind,anchor,anchor_label,anchor_kind,psnr_reference,bd_method,bd_rate,overlap_share,"
        "anchor_points,note"
    ]
    anchors = (
        ("vtm-12.1-bench-hifivric", "published", "rgb", -16.9),
        ("vtm-12.1-tcm-figure", "digitised", "converted", -12.3),
        ("vtm-9.1", "published", "unstated", -10.4),
    )
    for series, shift in (("tcm-large", 0.0), ("tcm-small", 5.0)):
        for anchor, kind, reference, rate in anchors:
            for method, more in (("cubic", 0.25), ("pchip", 0.0)):
                start = f"clic,{series},{series.upper()},published,{anchor},A {anchor},{kind},{reference},{method}"
                sensitivity.append(f"{start},{rate + shift + more},0.9,8,")
    sensitivity.append("clic,tcm-large,TCM-LARGE,published,vtm-none,None,published,rgb,cubic,,,2,do not overlap")
    return {"table1": table1, "sensitivity": sensitivity}


def pair_tables() -> dict[str, list[str]]:
    """Lines of image_rates.csv, local_rates.csv and costs.csv."""
    common = "dataset,metric,anchor,anchor_label,anchor_kind,series,label,kind,bd_method"
    images, local = [f"{common},image,bd_rate,note"], [f"{common},distortion,difference"]
    for series, label, shift in (("evil", f'"{EVIL}"', 0.0), ("jxl", "JPEG XL", 6.0)):
        start = f"clic,psnr,webp,WebP,measured,{series},{label},measured,pchip"
        images += [f"{start},img{i:02d},{shift - 20 + i}," for i in range(8)]
        local += [f"{start},{30 + i},{shift - 18 + i / 2}" for i in range(6)]
    images.append(f'clic,psnr,webp,WebP,measured,evil,"{EVIL}",measured,pchip,img08,,it falls')
    costs = [
        "dataset,metric,anchor,series,label,kind,bd_method,bd_rate,ci_lo,ci_hi,kmacs_per_pixel,decode_s_per_megapixel,"
        "environment"
    ]
    costs.append("clic,psnr,webp,webp,WebP,measured,pchip,0,,,,0.01,ab12")
    costs.append(f'clic,psnr,webp,evil,"{EVIL}",measured,pchip,-16.67,-18.5,-15.25,300,2.5,ab12')
    costs.append("clic,psnr,webp,tcm-small,TCM (small),published,pchip,-31.4,,,559.6,,")
    return {"image_rates": images, "local_rates": local, "costs": costs}


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A folder of tables as the tables stage writes it."""
    return write_tables(tmp_path / "tables")


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page rendered from such tables; not to be written to."""
    folder = tmp_path_factory.mktemp("report")
    return render(write_tables(folder / "tables"), folder / "out")


def write_tables(folder: Path) -> Path:
    """Write the small tables into a new folder."""
    folder.mkdir()
    table2 = [
        TABLE2_HEADER,
        "TCM (small),clic,-8.94,-9.08,,,-9.21,-10.5,-7.9,webp,cubic,converted,a note with 100 %",
        "Chen 2022,clic,-7.15,,,,,,,webp,cubic,converted,",
        "TCM (small),kodak,-7.39,-7.4,-7.05,-5.1,,,,vtm,cubic,converted,",
    ]
    images = [IMAGES_HEADER]
    for image in range(60):
        psnr, ms_ssim = "inf" if image == 3 else 28 + image / 10, "" if image == 4 else 0.95
        size = f"512,768,{9830 + image}"
        images.append(
            f'clic,41,evil,evil,10.0,img{image:02d},{size},0.2,{psnr},{ms_ssim},rgb,,0.5,{"0" * 64},ab12,"{EVIL}"'
        )
    text = {"rd_points": rd_points(), "bd_rate": bd_rates(), "table2": table2, "images": images}
    text |= {"all_pairs": all_pairs()}
    text |= paper_tables() | pair_tables()
    for name, lines in text.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "environments.json").write_text(
        json.dumps({"ab12": {"cpu": "Some <b>CPU</b>", "cores": 2, "packages": {"numpy": "1.26.4"}, "threads": None}})
    )
    run = {
        "name": "try",
        "title": "A <i>run</i> & more",
        "metrics": ["psnr", "ms-ssim"],
        "datasets": {
            "clic": {"label": "CLIC_pro", "n_images": 8, "images_total": 41, "notes": "the first eight"},
            "kodak": {"label": "Kodak", "n_images": 0, "images_total": 24, "notes": ""},
        },
        "methods": {
            "webp": {
                "label": "WebP",
                "codec": "webp",
                "codec_version": "1.5",
                "options": {"effort": 4},
                "points": [10.0],
            },
            "evil": {"label": EVIL, "codec": "evil", "codec_version": "0", "options": {}, "points": [10.0, 30.0]},
        },
        "anchor": {"clic": "webp"},
        "commit": "abc123",
        "command": "snakemake --config 'a=<b>'",
        "seconds": {"code": 75.0},
    }
    (folder / "run.json").write_text(json.dumps(run))
    os.utime(folder / "run.json", (0, 0))  # its time is the report's date
    return folder


METHODS = {"webp": (10.0, 50.0, 90.0), "jpeg": (20.0, 60.0, 95.0)}
SHARP = ("astro", "coffee cup #2")  # images of the run; one has a name that a URL must escape


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of tables of a run whose streams, images and records are still there; not to be written to."""
    return write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture
def own_run(tmp_path: Path) -> Path:
    """The same for a test that changes it."""
    return write_run(tmp_path)


@pytest.fixture(scope="session")
def traced(run: Path) -> Path:
    """The page rendered from such a run; not to be written to."""
    return render(run, run.parents[2] / "reports" / "try")


def write_run(home: Path) -> Path:
    """Code two small images by Pillow in a folder like that of the workflow; returns its folder of tables."""
    results = home / "results"
    (results / "tables").mkdir(parents=True)
    tables = write_tables(results / "tables" / "try")
    rng = np.random.default_rng(0)
    manifest = ["dataset,image,path,height,width,sha256_rgb,images_total"]
    rows = [IMAGES_HEADER + ",codec_version"]
    for number, image in enumerate(SHARP):
        pixels = np.kron(rng.integers(0, 256, (6, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
        path = home / f"{number}.png"
        write_png(path, pixels)
        manifest.append(f"clic,{image},{path},48,64,{sha256_rgb(pixels)},41")
        for method, points in METHODS.items():
            rows += [_code(results, image, pixels, method, point) for point in points]
    write_text(results / "datasets" / "clic.csv", "\n".join(manifest) + "\n")
    write_text(tables / "images.csv", "\n".join(rows) + "\n")
    return tables


def _code(results: Path, image: str, pixels: UInt8Image, method: str, point: float) -> str:
    """Write stream, image and record of one image; returns its line of images.csv."""
    folder = results / "coded" / "clic" / method / f"{point:g}"
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, method.upper(), quality=int(point))
    stream = buffer.getvalue()
    decoded = np.asarray(Image.open(io.BytesIO(stream)).convert("RGB"))
    write_bytes(folder / f"{image}.bin", stream)
    write_png(folder / f"{image}.png", decoded)
    hashes = sha256_rgb(pixels), hashlib.sha256(stream).hexdigest(), sha256_rgb(decoded)
    record = Coding(
        *("clic", image, method, method, point, "{}", "1.5", 48, 64, len(stream), 0.01, 0.02),
        *(*hashes, "ab12", f"lic-tcm code --method {method} --point {point:g}"),
    )
    record.write(folder / f"{image}.json")
    bpp = 8 * len(stream) / pixels[..., 0].size
    numbers = f"48,64,{len(stream)},{bpp},{30 + point / 10},,rgb,0.01,0.02,{hashes[1]}"
    return f"clic,41,{method},{method},{point},{image},{numbers},ab12,{method.upper()},1.5"
