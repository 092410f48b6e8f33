from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.data import CaptionsInvalid, MediaError
from media.rules import (
    MEBIBYTE,
    Cue,
    PlaylistBroken,
    Rendition,
    Segment,
    SourceFacts,
    decode_captions,
    duration_ms,
    judge_length,
    master_playlist,
    media_playlist,
    parse_captions,
    parse_playlist,
    part_size_for,
    parts_total,
    peak_bandwidth,
    read_source,
    webvtt,
)

PLAYLIST = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MAP:URI="init.mp4"
#EXTINF:6.000000,
00000.m4s
#EXTINF:0.333333,
00001.m4s
#EXT-X-ENDLIST
"""


def test_length_is_the_sum_of_all_segments_rounded_down_once() -> None:
    init, segments = parse_playlist(PLAYLIST)
    assert init == "init.mp4"
    assert segments == (Segment(name="00000.m4s", length="6.000000"), Segment(name="00001.m4s", length="0.333333"))
    assert duration_ms(segments) == 6333
    assert duration_ms([Segment(name="x", length="0.0006")] * 5) == 3


@pytest.mark.parametrize("missing", ["#EXT-X-ENDLIST\n", '#EXT-X-MAP:URI="init.mp4"\n', "#EXTINF:6.000000,\n"])
def test_an_unfinished_playlist_is_refused(missing: str) -> None:
    with pytest.raises(PlaylistBroken):
        parse_playlist(PLAYLIST.replace(missing, ""))


def test_playlists_carry_every_address_that_is_given_to_them() -> None:
    _init, segments = parse_playlist(PLAYLIST)
    small = Rendition(
        name="360p", width=640, height=360, bandwidth=700, codecs="avc1.42c01e", init="init.mp4", segments=segments
    )
    large = Rendition(
        name="720p", width=1280, height=720, bandwidth=2000, codecs="avc1.4d401f", init="init.mp4", segments=segments
    )
    assert master_playlist([large, small], lambda r: f"{r.name}.m3u8").splitlines()[3:] == [
        '#EXT-X-STREAM-INF:BANDWIDTH=700,RESOLUTION=640x360,CODECS="avc1.42c01e"',
        "360p.m3u8",
        '#EXT-X-STREAM-INF:BANDWIDTH=2000,RESOLUTION=1280x720,CODECS="avc1.4d401f"',
        "720p.m3u8",
    ]
    text = media_playlist(small, lambda name: f"https://s3/{name}?sig")
    assert '#EXT-X-MAP:URI="https://s3/init.mp4?sig"' in text
    assert parse_playlist(text)[1] == tuple(
        Segment(name=f"https://s3/{segment.name}?sig", length=segment.length) for segment in segments
    )
    assert "#EXT-X-TARGETDURATION:7" in text
    assert peak_bandwidth(segments, [600_000, 50_000]) == 800_000 * 1


def test_first_bytes_tell_a_renamed_text_from_a_film_cut_short() -> None:
    words = "[mov] moov atom not found\nError opening input"
    assert read_source(words, head=b"\x00\x00\x00\x20ftypisom") is MediaError.TRUNCATED
    assert read_source(words, head="这不是视频".encode()) is MediaError.NOT_A_VIDEO
    assert read_source("Invalid data found", head=b"\x00\x00\x00\x20ftypisom") is MediaError.NOT_A_VIDEO


def test_source_facts_are_read_from_ffmpegs_words() -> None:
    words = """Input #0, mov,mp4, from 'a.mp4':
  Duration: 00:45:01.25, start: 0.000000, bitrate: 100 kb/s
  Stream #0:0[0x1](und): Video: h264 (High), yuv420p, 1280x720
  Stream #0:1[0x2](und): Audio: aac (LC), 44100 Hz
"""
    assert read_source(words, head=b"") == SourceFacts(declared_ms=2_701_250, has_picture=True, has_sound=True)
    assert read_source(words.replace("00:45", "07:45"), head=b"") is MediaError.TOO_LONG
    cover = words.replace("1280x720", "600x600 (attached pic)")
    assert read_source(cover, head=b"") is MediaError.NO_PICTURE
    unknown = read_source(words.replace("00:45:01.25", "N/A"), head=b"")
    assert unknown == SourceFacts(declared_ms=0, has_picture=True, has_sound=True)


@pytest.mark.parametrize(
    ("declared", "packaged", "fault"),
    [
        (10_000, 10_000, None),
        (10_000, 7_000, None),
        (10_000, 6_999, MediaError.TRUNCATED),
        (2_700_000, 2_646_000, None),
        (2_700_000, 2_645_999, MediaError.TRUNCATED),
        (0, 5_000, None),
        (400, 400, MediaError.TOO_SHORT),
        (60_000, 400, MediaError.TRUNCATED),
        (0, 6 * 3600 * 1000 + 1, MediaError.TOO_LONG),
    ],
)
def test_a_film_that_claims_more_than_it_holds_breaks_off(
    declared: int, packaged: int, fault: MediaError | None
) -> None:
    assert judge_length(declared_ms=declared, packaged_ms=packaged) is fault


@given(st.integers(min_value=1, max_value=8 * 1024 * MEBIBYTE))
def test_parts_cover_the_file_exactly(size: int) -> None:
    part = part_size_for(size)
    total = parts_total(size, part)
    assert part >= 8 * MEBIBYTE
    assert 1 <= total <= 1000
    assert (total - 1) * part < size <= total * part


def test_two_gigabytes_travel_in_256_parts() -> None:
    assert parts_total(2 << 30, part_size_for(2 << 30)) == 256


def test_subrip_becomes_webvtt() -> None:
    text = (
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n先断电\r\n再<font color=red>救人</font>\r\n\r\n"
        "2\r\n01:00:00,000 --> 01:00:01,000\r\n完\r\n"
    )
    cues = parse_captions(decode_captions(text.encode()))
    assert cues == (
        Cue(from_ms=1000, to_ms=2500, text="先断电\n再救人"),
        Cue(from_ms=3_600_000, to_ms=3_601_000, text="完"),
    )
    assert webvtt(cues) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n先断电\n再救人\n\n01:00:00.000 --> 01:00:01.000\n完\n"
    )


def test_chinese_windows_files_are_understood() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n安全第一\n"
    assert decode_captions(text.encode("gb18030")) == text
    assert decode_captions(text.encode("utf-16")) == text


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "no_cue", 0),
        (b"WEBVTT\n\nnothing\n", "no_cue", 0),
        (b"WEBVTT\n\n00:01 --> 00:02\nx\n", "bad_time", 3),
        (b"WEBVTT\n\n00:00:05.000 --> 00:00:04.000\nx\n", "bad_time", 3),
        (b"1\n00:00:99,000 --> 00:02:00,000\nx\n", "bad_time", 2),
        (b"\x00\x00\x00\x20ftypisom\x00\x01", "not_text", 0),
        (b"a" * (2 * MEBIBYTE + 1), "too_large", 0),
    ],
)
def test_bad_captions_are_refused_naming_the_line(data: bytes, code: str, line: int) -> None:
    with pytest.raises(CaptionsInvalid) as refusal:
        parse_captions(decode_captions(data))
    assert (refusal.value.code, refusal.value.line) == (code, line)


@given(st.binary(max_size=400))
def test_no_captions_file_breaks_the_reader(data: bytes) -> None:
    try:
        cues = parse_captions(decode_captions(data))
    except CaptionsInvalid:
        return
    assert parse_captions(webvtt(cues)) == cues


@given(
    st.lists(
        st.tuples(st.integers(0, 10**7), st.integers(1, 10**5), st.text("安全abc ", min_size=1).map(str.strip)),
        min_size=1,
    )
)
def test_webvtt_reads_back_what_it_wrote(raw: list[tuple[int, int, str]]) -> None:
    cues = tuple(
        sorted(
            (Cue(from_ms=start, to_ms=start + length, text=text) for start, length, text in raw if text),
            key=lambda cue: (cue.from_ms, cue.to_ms),
        )
    )
    if cues:
        assert parse_captions(webvtt(cues)) == cues
