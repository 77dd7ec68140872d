"""The built-in datasets, one entry each: facts only; finding and verifying them is in datasets.py."""

from dataclasses import dataclass
from pathlib import Path

from lic_tcm.datasets.download import Remote
from lic_tcm.datasets.listing import Listing


@dataclass(frozen=True)
class Dataset:
    """A dataset: the images of one folder whose stems match `pattern`, and where to get them."""

    name: str
    label: str  # for figures and tables
    count: int  # images in the complete set
    licence: str
    notes: str
    pattern: str = r"[^.].*"  # regular expression an image's stem must match in full
    folders: tuple[str, ...] = ()  # names, in any case, under which a data folder may hold it
    file_urls: tuple[str, ...] = ()  # mirrors; {file}, and {number} for its two digits, are filled in
    archives: tuple[Remote, ...] = ()  # mirrors of a zip archive with all images
    listing: Listing | None = None  # where neither gives them: a folder of them, which hashes of pixels must agree with
    package: str | None = None  # installed package whose `data` folder holds it
    root: Path | None = None  # the folder of a user's own set
    size: tuple[int, int] | None = None  # (H, W) when all images have one size
    total_pixels: int | None = None  # about


@dataclass(frozen=True)
class KnownImage:
    """Published facts of one image, a line of <name>.tsv."""

    file: str
    sha256_file: str
    sha256_rgb: str


COPIES = "SCU-VIP-Lab/compression-eval-datasets"  # on Hugging Face; its Tecnick is the set of 40
_ALL = (
    Dataset(
        name="kodak",
        label="Kodak",
        count=24,
        licence="released by the Eastman Kodak Company for unrestricted usage",
        notes="18 images of 768x512 and six of 512x768; the hashes are those of r0k.us",
        pattern=r"kodim\d\d",
        folders=("kodak", "kodak24", "photocd_pcd0992"),
        file_urls=(
            "https://r0k.us/graphics/kodak/kodak/{file}",
            "https://raw.githubusercontent.com/MohamedBakrAli/Kodak-Lossless-True-Color-Image-Suite/master/"
            "PhotoCD_PCD0992/{number}.png",
        ),
        listing=Listing(COPIES, "kodak"),
    ),
    Dataset(
        name="tecnick",
        label="Tecnick",
        count=100,
        licence="CC BY-NC-SA 3.0",
        notes="the OLD sampling set of TESTIMAGES, 1200x1200; the newer set of 40 images gives results 4 to 5 dB apart",
        pattern=r"RGB_OR_1200x1200_\d{3}",
        folders=("tecnick", "testimages"),
        archives=(
            Remote("https://sourceforge.net/projects/testimages/files/OLD/OLD_SAMPLING/testimages.zip/download"),
            Remote("https://master.dl.sourceforge.net/project/testimages/OLD/OLD_SAMPLING/testimages.zip?viasf=1"),
        ),
        size=(1200, 1200),
    ),
    Dataset(
        name="clic-pro-valid",
        label="CLIC professional validation",
        count=41,
        licence="Unsplash",
        notes="CLIC 2020 professional validation, the same 41 images as CLIC 2021 validation; ICC profiles are ignored",
        folders=("clic-pro-valid", "professional_valid_2020", "clic2020_professional_valid", "clic"),
        archives=(
            Remote(
                "https://data.vision.ee.ethz.ch/cvl/clic/professional_valid_2020.zip",
                "00be38092ade2ab5163b65f7f6523d46c7bca147007f559adbb02c0afc236b7d",
            ),
            Remote(
                "https://storage.googleapis.com/clic_datasets/clic2020_professional_valid.zip",
                "e56568e20ead6bd215b313fed260d1c98b9ba863540039f00892ab67b1e39baf",
            ),
        ),
        listing=Listing(COPIES, "clic2021_valid"),
        total_pixels=91_451_947,
    ),
    Dataset(
        name="demo",
        label="Demo photographs",
        count=6,
        licence=(
            "astronaut: public domain (NASA); chelsea: CC0 (Stefan van der Walt); coffee: CC0 (Rachel Michetti); "
            "ihc: no known copyright restrictions (CMMI); motorcycle_left: Middlebury 2014 stereo benchmark, "
            "to be cited (Scharstein et al., GCPR 2014); rocket: public domain (SpaceX)"
        ),
        notes=(
            "photographs that ship inside scikit-image, with the attribution of its documentation; for a quick look, "
            "not for papers: rocket was JPEG-coded before, the history of the PNG files is not documented"
        ),
        pattern=r"astronaut|chelsea|coffee|ihc|motorcycle_left|rocket",
        folders=("demo",),
        package="skimage",
    ),
    Dataset(
        name="tecnick-40",
        label="Tecnick (40 images)",
        count=40,
        licence="see testimages.org",
        notes="the later sampling set of TESTIMAGES, 1200x1200; what papers call Tecnick is the set of 100, `tecnick`",
        pattern=r"[^.].*",
        folders=("tecnick-40", "tecnick40"),
        listing=Listing(COPIES, "tecnick"),
        size=(1200, 1200),
    ),
)
KNOWN: dict[str, Dataset] = {dataset.name: dataset for dataset in _ALL}
