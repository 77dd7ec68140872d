"""Tables, indexes and strings against the reference implementation."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.reference import golden

from lic_tcm.anchors.codec import CodecError
from lic_tcm.coding.gaussian import LEVELS, gaussian_tables, scale_indexes
from lic_tcm.coding.priors import SymbolReader, SymbolWriter, channel_indexes
from lic_tcm.nn.tables import Tables, factorised


def check_tables(found: Tables, data: dict[str, Any]) -> None:
    """Compare tables with the reference's padded ones."""
    assert found.lengths == data["cdf_length"].tolist()
    assert found.offsets == data["offset"].tolist()
    assert found.cdfs == [
        row[:length] for row, length in zip(data["quantized_cdf"].tolist(), found.lengths, strict=True)
    ]


def test_gaussian_tables_and_indexes_are_the_reference() -> None:
    """Scale table, CDFs and indexes are equal; scales below, at and above the table's entries included."""
    data = golden("gaussian_conditional")
    assert torch.equal(torch.tensor(LEVELS), data["scale_table"])
    check_tables(gaussian_tables(), data)
    assert torch.equal(scale_indexes(data["scales"]), data["indexes"].long())
    assert torch.equal(scale_indexes(data["scales"].double()), data["indexes"].long())


def test_gaussian_strings_are_the_reference() -> None:
    """Symbols, far outside the tables too, give the reference's bytes, in one call or two, and come back."""
    data = golden("gaussian_conditional")
    symbols, indexes = data["symbols"], data["indexes"]
    writer = SymbolWriter(gaussian_tables())
    writer.put(symbols[:, :5], indexes[:, :5])
    writer.put(symbols[:, 5:], indexes[:, 5:])
    string = writer.bytes()
    assert string == bytes(data["string"].tolist())
    reader = SymbolReader(string, gaussian_tables(), symbols.numel())
    assert torch.equal(reader.get(indexes).int(), symbols)
    assert reader.checksum == writer.checksum


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_factorised_tables_and_strings_are_the_reference(dtype: torch.dtype) -> None:
    """CDFs and the string of each image are equal, whether the tables are made in float32 or in float64."""
    data = golden("entropy_bottleneck")
    tables = factorised({f"entropy_bottleneck.{key[2:]}": data[key] for key in data if key.startswith("w:")}, dtype)
    check_tables(tables, data)
    for i in range(2):
        symbols = data["symbols"][i : i + 1]
        writer = SymbolWriter(tables)
        writer.put(symbols, channel_indexes(symbols))
        string = writer.bytes()
        assert string == bytes(data[f"string{i}"].tolist())
        reader = SymbolReader(string, tables, symbols.numel())
        assert torch.equal(reader.get(channel_indexes(symbols)).int(), symbols)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**20), 2**20), st.integers(0, 63)), min_size=1, max_size=50))
def test_any_symbols_come_back(pairs: list[tuple[int, int]]) -> None:
    """Whole numbers of any size, at any scale, are read as they were written."""
    symbols, indexes = (torch.tensor(column) for column in zip(*pairs, strict=True))
    writer = SymbolWriter(gaussian_tables())
    writer.put(symbols, indexes)
    assert torch.equal(SymbolReader(writer.bytes(), gaussian_tables(), len(pairs)).get(indexes).long(), symbols)


@pytest.mark.parametrize("data", [b"", b"\xff" * 40])
def test_a_reader_survives_what_is_no_string(data: bytes) -> None:
    """Empty or meaningless data gives some symbols, not a crash; the codec's checksums tell that they are wrong."""
    indexes = torch.arange(64).repeat(50)
    assert SymbolReader(data, gaussian_tables(), indexes.numel()).get(indexes).shape == indexes.shape


def test_values_no_coder_takes_are_refused() -> None:
    """A symbol the coder would loop for ever on raises instead, and so does one that is no number."""
    index = torch.zeros(1, dtype=torch.long)
    for value in (2.0**28, -(2.0**40), float("nan")):
        with pytest.raises(CodecError, match="weights are broken"):
            SymbolWriter(gaussian_tables()).put(torch.tensor([value]), index)
