"""Instruments, samples and files for tests of the laboratory."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.laboratory.importing.mapping import MappedColumn, Mapping, make_mapping
from chain.laboratory.models import Instrument, Measurement, Sample
from chain.laboratory.readings import Reading
from chain.laboratory.services import record_measurement, register_instrument, save_mapping, take_sample
from chain.laboratory.services.instruments import InstrumentTerms
from chain.lots.models import Lot
from chain.lots.services import confirm_grade
from tests.support.cast import Cast
from tests.support.lots import fibre, make_lot, make_producer

CAST = Cast()
FILES = Path(__file__).parent.parent / "data" / "laboratory"

OFDA_COLUMNS = (
    MappedColumn(0, "Sample ID", "sample"),
    MappedColumn(1, "Date", "date"),
    MappedColumn(2, "MFD (um)", "micron", "µm"),
    MappedColumn(3, "SD (um)", "sd_um", "µm"),
    MappedColumn(4, "CV (%)", "cv_pct", "%"),
    MappedColumn(5, "CF (%)", "comfort_pct", "%", "unknown"),
    MappedColumn(6, "Curv (deg/mm)", "curvature_deg_mm", "°/mm"),
    MappedColumn(7, "SL (mm)", "length_mm", "mm"),
)
LACTOSCAN_COLUMNS = (
    MappedColumn(0, "Muestra", "sample"),
    MappedColumn(1, "Fecha", "date"),
    MappedColumn(2, "Hora", "time"),
    MappedColumn(3, "Grasa %", "fat_pct", "%", "unknown"),
    MappedColumn(4, "SNG %", "snf_pct", "%"),
    MappedColumn(5, "Densidad kg/m3", "density_g_ml", "kg/m³", "20_c"),
    MappedColumn(6, "Proteina %", "protein_pct", "%"),
    MappedColumn(7, "Lactosa %", "lactose_pct", "%"),
    MappedColumn(8, "Agua %", "added_water_pct", "%"),
    MappedColumn(9, "Pto cong C", "freezing_point_c", "°C", "celsius"),
    MappedColumn(10, "Temp C", "temperature_c", "°C"),
)


def ofda_mapping(**changes: Any) -> Mapping:
    """How the synthetic OFDA file is read."""
    values: dict[str, Any] = {
        "header_row": 6,
        "decimal": ".",
        "dates": "dmy",
        "status": "report",
        "columns": OFDA_COLUMNS,
    }
    return make_mapping(**(values | changes))


def lactoscan_mapping(**changes: Any) -> Mapping:
    """How the synthetic Lactoscan file is read."""
    return ofda_mapping(**({"header_row": 1, "decimal": ",", "columns": LACTOSCAN_COLUMNS} | changes))


def make_instrument(
    session: Session, now: datetime, mapping: Mapping | None = None, **changes: Any
) -> Instrument:
    """An OFDA with ±0.4 µm, as the grader registers it."""
    values: dict[str, Any] = {
        "name": "OFDA 2000",
        "kind": "ofda",
        "method": "instrument",
        "uncertainties": {"micron": "0.4"},
    }
    actor = CAST.grader.actor
    made, _ = register_instrument(
        session, actor=actor, now=now, id=new_id(), terms=InstrumentTerms(**(values | changes))
    )
    if mapping is not None:
        save_mapping(session, actor=actor, now=now, instrument_id=made.id, mapping=mapping)
    return made


def make_sample(session: Session, now: datetime, lot: Lot, **changes: Any) -> Sample:
    """A sealed sample that the clerk takes."""
    values: dict[str, Any] = {"id": new_id(), "lot_id": lot.id}
    return take_sample(session, actor=CAST.clerk.actor, now=now, **(values | changes))[0]


def reading(now: datetime, **changes: Any) -> Reading:
    """A mean micron of 18.9 from a laboratory's report."""
    values: dict[str, Any] = {
        "id": new_id(),
        "attribute": "micron",
        "value": "18.9",
        "method": "laboratory",
        "measured_at": now,
        "uncertainty": "0.4",
    }
    return Reading(**(values | changes))


def measure(session: Session, now: datetime, lot: Lot, **changes: Any) -> Measurement:
    """Record a reading of a lot as the clerk."""
    made = reading(now, **({"lot_id": lot.id} | changes))
    return record_measurement(session, actor=CAST.clerk.actor, now=now, reading=made)[0]


def graded_lot(session: Session, now: datetime, **changes: Any) -> Lot:
    """A lot of fibre of 22.4 microns (baby) whose class the grader has confirmed."""
    lot = make_lot(session, now, fibre(make_producer(session, now), now, **changes))
    return confirm_grade(session, actor=CAST.grader.actor, now=now, lot_id=lot.id)


def file_with(name: str, codes: list[str]) -> bytes:
    """Return a synthetic file with its sample codes (S01, S02, …) replaced by real ones."""
    text = (FILES / name).read_bytes().decode()
    for number, code in enumerate(codes, 1):
        text = text.replace(f"S{number:02d}", code)
    return text.encode()


def sampled_lots(session: Session, now: datetime, count: int, make: Any = fibre) -> list[tuple[UUID, str]]:
    """Register lots of one producer and take a sample of each; return ids and codes."""
    producer = make_producer(session, now)
    lots = [make_lot(session, now, make(producer, now)) for _ in range(count)]
    return [(lot.id, make_sample(session, now, lot).code) for lot in lots]
