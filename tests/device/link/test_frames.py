"""Frames are found in a stream of bytes however it is cut, and nothing else is taken for one."""

from __future__ import annotations

import struct
import zlib

from hypothesis import assume, given
from hypothesis import strategies as st

from neurosim.device.board.link.frames import Frame, FrameReader, encoded

LARGEST = 300
FRAMES = st.builds(Frame, st.integers(0, 255), st.integers(0, 2**32 - 1), st.binary(max_size=LARGEST))
MARKED = st.lists(st.sampled_from([b"N", b"S", b"NS", b"\0", b"xyz", b"NSNS"]), max_size=20).map(b"".join)
"""Noise that looks like the beginning of frames."""


def read(reader: FrameReader, *parts: bytes) -> list[Frame]:
    return [frame for part in parts for frame in reader.read(part)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted(place % (len(data) + 1) for place in places)
    return [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]


def test_a_frame_has_the_bytes_of_the_protocol() -> None:
    head = b"NS\x04\0" + struct.pack("<II", 7, 3)
    whole = head + struct.pack("<I", zlib.crc32(head)) + b"abc" + struct.pack("<I", zlib.crc32(b"abc"))
    assert encoded(Frame(4, 7, b"abc")) == whole


def test_a_frame_without_a_payload_ends_with_zeros() -> None:
    assert encoded(Frame(5, 1))[16:] == bytes(4)


@given(st.lists(FRAMES, max_size=5), st.lists(st.integers(0, 2000), max_size=8))
def test_frames_come_back_however_the_stream_is_cut(frames: list[Frame], places: list[int]) -> None:
    reader = FrameReader(LARGEST)
    assert read(reader, *cut(b"".join(map(encoded, frames)), places)) == frames
    assert (reader.skipped, reader.corrupted) == (0, 0)


@given(st.binary(max_size=60) | MARKED, FRAMES, st.lists(st.integers(0, 2000), max_size=4))
def test_a_frame_is_found_behind_noise(noise: bytes, frame: Frame, places: list[int]) -> None:
    reader = FrameReader(LARGEST)
    assert read(reader, *cut(noise + encoded(frame), places)) == [frame]
    assert reader.skipped == len(noise)


@given(FRAMES, st.integers(0, 2000), st.integers(1, 255), FRAMES)
def test_a_corrupted_frame_is_never_taken(frame: Frame, place: int, change: int, after: Frame) -> None:
    data = bytearray(encoded(frame))
    data[place % len(data)] ^= change
    reader = FrameReader(LARGEST)
    assert read(reader, bytes(data), encoded(after)) == [after]
    assert (reader.skipped > 0) != (reader.corrupted > 0)


@given(FRAMES, st.integers(0, 2000), FRAMES)
def test_a_frame_that_lost_a_byte_is_never_taken(frame: Frame, place: int, after: Frame) -> None:
    data = encoded(frame)
    assume(frame.payload)
    lost = data[: place % len(data)] + data[place % len(data) + 1 :]
    found = read(FrameReader(LARGEST), lost, encoded(after), encoded(after), encoded(after))
    assert found
    assert set(found) <= {after}


def test_a_length_beyond_the_buffer_is_no_frame() -> None:
    reader = FrameReader(10)
    large, small = Frame(2, 1, bytes(11)), Frame(2, 2, bytes(10))
    assert read(reader, encoded(large) + encoded(small)) == [small]
    assert reader.skipped == len(encoded(large))


def test_a_frame_in_the_payload_of_another_is_part_of_it() -> None:
    outer = Frame(2, 1, encoded(Frame(5, 9)))
    assert read(FrameReader(LARGEST), encoded(outer)) == [outer]


def test_a_large_frame_in_small_parts_is_read_once() -> None:
    frame = Frame(4, 1, bytes(range(256)) * 400)
    data = encoded(frame)
    reader = FrameReader(len(frame.payload))
    assert read(reader, *(data[at : at + 7] for at in range(0, len(data), 7))) == [frame]
