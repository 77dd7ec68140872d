"""Settings of the memory allocators that keep freed memory for the next layer; they change times, never a value.

A network's feature maps are hundreds of megabytes, freed and taken again at every layer. By default glibc gives each
back to the kernel, which hands it out anew page by page, filled with zeros.
"""

import ctypes
import functools
import os
import platform

# mallopt's parameters, malloc.h
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
KEEP = 2**30  # blocks below this size, and free memory up to this size, stay in the process
TOP_PAD = 64 * 2**20


@functools.cache
def keep_memory() -> bool:
    """Let this process reuse freed memory, and take large blocks in huge pages; only the first call does something.

    Call it before the first large tensor. Returns False, and leaves all as it is, where the C library is not glibc;
    settings the user has made by environment variables stay as they are.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # torch reads it at its first allocation
    mallopt = ctypes.CDLL(None).mallopt
    done = True
    for parameter, variable, value in (
        (M_MMAP_THRESHOLD, "MALLOC_MMAP_THRESHOLD_", KEEP),
        (M_TRIM_THRESHOLD, "MALLOC_TRIM_THRESHOLD_", KEEP),
        (M_TOP_PAD, "MALLOC_TOP_PAD_", TOP_PAD),
    ):
        if variable not in os.environ:
            done = bool(mallopt(parameter, value)) and done
    return done
