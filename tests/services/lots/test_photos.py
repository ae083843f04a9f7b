"""Photos of lots: checked by content, upright, small, without the place, a few per lot."""

import io
from datetime import datetime

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.lots.errors import NotAPhoto, TooManyPhotos
from chain.lots.photo_files import MAX_SIDE, Photo, read_photo
from chain.lots.queries.photos import photo_file, photos_of
from chain.lots.services import cancel_lot
from chain.lots.services.corrections import correct_lot
from chain.lots.services.photos import MAX_PHOTOS, attach_photo
from tests.support.cast import Cast
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.photos import picture


def opened(photo: Photo) -> Image.Image:
    return Image.open(io.BytesIO(photo.content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_kind_becomes_a_small_jpeg(kind: str) -> None:
    found = opened(read_photo(picture(3000, 2000, kind)))
    assert found.format == "JPEG"
    assert found.size == (MAX_SIDE, 853)


def test_a_small_picture_keeps_its_size() -> None:
    assert opened(read_photo(picture(300, 200))).size == (300, 200)


def test_the_place_and_the_camera_are_dropped_and_the_picture_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "Camera of Rosa"
    exif.get_ifd(0x8825)[2] = (15.0, 50.0, 0.0)
    photo = read_photo(picture(300, 200, exif=exif))
    found = opened(photo)
    assert found.size == (200, 300)
    assert dict(found.getexif()) == {}
    assert b"Rosa" not in photo.content


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    assert opened(read_photo(out.getvalue())).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0" + b"\x00" * 50,
        picture(40, 40)[:300],
        picture(40, 40, "PNG")[:60],
        picture(30, 30, "GIF"),
        picture(6000, 100, "PNG"),
    ],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPhoto):
        read_photo(content)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = bytearray(picture(10, 10, "PNG"))
    bomb[16:24] = (50_000).to_bytes(4, "big") * 2
    import zlib

    bomb[29:33] = zlib.crc32(bytes(bomb[12:29])).to_bytes(4, "big")
    with pytest.raises(NotAPhoto):
        read_photo(bytes(bomb))


def test_a_photo_is_added_to_a_lot_of_any_state(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lot.id, reason="Error de dedo")
    photo, photo_id = read_photo(picture(300, 200)), new_id()
    for _ in range(2):
        attach_photo(
            session,
            actor=cast.clerk.actor,
            now=now,
            photo_id=photo_id,
            lot_id=lot.id,
            photo=photo,
            caption="  El   saco ",
        )
    (row,) = photos_of(session, lot.id)
    assert (row.id, row.caption, row.size) == (photo_id, "El saco", len(photo.content))
    stored = photo_file(session, cast.auditor.actor, lot.id, photo_id)
    assert (stored.content, stored.media_type) == (photo.content, "image/jpeg")
    with pytest.raises(IdempotencyConflict):
        attach_photo(
            session,
            actor=cast.clerk.actor,
            now=now,
            photo_id=photo_id,
            lot_id=lot.id,
            photo=read_photo(picture(301, 200)),
        )


def test_a_lot_takes_six_photos(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))

    def add(width: int) -> None:
        attach_photo(
            session,
            actor=cast.clerk.actor,
            now=now,
            photo_id=new_id(),
            lot_id=lot.id,
            photo=read_photo(picture(width, 100)),
        )

    for number in range(MAX_PHOTOS):
        add(100 + number)
    with pytest.raises(TooManyPhotos):
        add(200)


def test_photos_go_along_with_a_correction(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    old = make_lot(session, now, fibre(producer, now))
    attach_photo(
        session,
        actor=cast.clerk.actor,
        now=now,
        photo_id=new_id(),
        lot_id=old.id,
        photo=read_photo(picture(300, 200)),
    )
    new = correct_lot(
        session,
        actor=cast.clerk.actor,
        now=now,
        lot_id=old.id,
        delivery=fibre(producer, now, tare_g=600),
        reason="Otra tara",
    ).new
    assert len(photos_of(session, new.id)) == len(photos_of(session, old.id)) == 1


def test_photos_are_their_house_s_own(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    photo, photo_id = read_photo(picture(300, 200)), new_id()
    attach_photo(session, actor=cast.clerk.actor, now=now, photo_id=photo_id, lot_id=lot.id, photo=photo)
    with pytest.raises(NotFound):
        photo_file(session, cast.outsider.actor, lot.id, photo_id)
    with pytest.raises(NotFound):
        attach_photo(
            session, actor=cast.outsider.actor, now=now, photo_id=new_id(), lot_id=lot.id, photo=photo
        )
    with pytest.raises(Forbidden):
        attach_photo(session, actor=cast.grader.actor, now=now, photo_id=new_id(), lot_id=lot.id, photo=photo)
