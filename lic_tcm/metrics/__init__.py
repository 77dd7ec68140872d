"""Metrics: one file each behind `Metric`; see docs/metrics.md. Importing this loads no library that a metric needs."""

from lic_tcm.metrics.metric import Distance as Distance
from lic_tcm.metrics.metric import Image as Image
from lic_tcm.metrics.metric import Measure as Measure
from lic_tcm.metrics.metric import Metric as Metric
from lic_tcm.metrics.metric import Similarity as Similarity
from lic_tcm.metrics.ms_ssim import MSSSIM as MSSSIM
from lic_tcm.metrics.psnr_rgb import psnr as psnr
from lic_tcm.metrics.registry import DEFAULT as DEFAULT
from lic_tcm.metrics.registry import GROUPS as GROUPS
from lic_tcm.metrics.registry import JPEG_AI as JPEG_AI
from lic_tcm.metrics.registry import get as get
from lic_tcm.metrics.registry import in_order as in_order
from lic_tcm.metrics.registry import known as known
from lic_tcm.metrics.registry import names as names
from lic_tcm.metrics.registry import of_column as of_column
from lic_tcm.metrics.registry import use as use
from lic_tcm.metrics.registry import use_classes as use_classes
from lic_tcm.metrics.wide import Values as Values
