"""A calm bed of sound under a film: slow open fifths and a few soft plucked notes, made here, no drums.

The same length always gives the same samples.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Samples: TypeAlias = npt.NDArray[np.float32]
RATE = 48_000
_CHORDS = ((146.83, 220.00, 293.66), (116.54, 174.61, 293.66), (130.81, 196.00, 261.63), (110.00, 164.81, 261.63))
"""Hz: D A D, B flat F D, C G C, A E C; low, open, unhurried."""
_NOTES = (587.33, 440.00, 523.25, 440.00, 392.00, 349.23, 392.00, 293.66)
_BAR = 4.6
_LEVEL = 0.085
"""Root mean square of the bed, full scale being 1: about -21 dB, under a voice or alone."""


def bed(seconds: float) -> Samples:
    """Stereo samples at 48 kHz, shape (n, 2), between -1 and 1; no fades, those belong to the film."""
    count = round(seconds * RATE)
    tail = RATE
    sound = np.zeros((count + tail, 2), dtype=np.float32)
    for bar in range(int(seconds / _BAR) + 2):
        _lay(sound, _pad(_CHORDS[bar % len(_CHORDS)]), bar * _BAR - 0.9)
        for beat in range(2):
            at = bar * 2 + beat
            _lay(sound, _pluck(_NOTES[at % len(_NOTES)], pan=0.36 if at % 2 else 0.64), bar * _BAR + beat * 2.3 + 0.6)
    room = _room(sound)[:count]
    return np.asarray(np.tanh(room * (_LEVEL / max(float(np.sqrt(np.mean(room**2))), 1e-9))), dtype=np.float32)


def _lay(sound: Samples, part: Samples, at: float) -> None:
    """Add a part where it begins; what falls outside is left out."""
    start = round(at * RATE)
    skipped = max(0, -start)
    start = max(0, start)
    part = part[skipped : skipped + max(0, len(sound) - start)]
    sound[start : start + len(part)] += part


@lru_cache(maxsize=8)
def _pad(chord: tuple[float, ...]) -> Samples:
    """One bar of the chord, swelling and sinking into the next; the sides are tuned a hair apart."""
    length = round((_BAR + 1.8) * RATE)
    time = np.arange(length, dtype=np.float32) / np.float32(RATE)
    swell = np.sin(np.pi * np.arange(length, dtype=np.float32) / length) ** 2
    sides = [
        np.sum([_voice(pitch * detune, time, order) for order, pitch in enumerate(chord)], axis=0)
        for detune in (0.9988, 1.0012)
    ]
    return np.asarray(np.stack(sides, axis=1) * swell[:, None] * 0.3, dtype=np.float32)


def _voice(pitch: float, time: Samples, order: int) -> Samples:
    turn = 2 * np.pi * pitch * time
    breath = 1 + 0.12 * np.sin(2 * np.pi * (0.11 + 0.03 * order) * time + order)
    tone = np.sin(turn) + 0.34 * np.sin(2 * turn + 0.4) + 0.12 * np.sin(3 * turn) + 0.05 * np.sin(4 * turn + 1.1)
    return np.asarray(tone * breath / (1 + 0.35 * order), dtype=np.float32)


@lru_cache(maxsize=32)
def _pluck(pitch: float, *, pan: float) -> Samples:
    time = np.arange(round(2.4 * RATE), dtype=np.float32) / RATE
    rise = 1 - np.exp(-time * 180)
    tone = sum(
        np.sin(2 * np.pi * pitch * partial * time) * np.exp(-time * (1.7 + 1.5 * partial)) / partial**1.6
        for partial in (1, 2, 3, 4)
    )
    mono = np.asarray(tone * rise * 0.16, dtype=np.float32)
    return np.stack([mono * (1 - pan), mono * pan], axis=1)


def _room(sound: Samples) -> Samples:
    """A little air around it: convolved with decaying noise, different on each side."""
    length = round(1.1 * RATE)
    noise = np.random.default_rng(7).standard_normal((length, 2))
    decay = np.exp(-np.arange(length) / RATE * 5.2)[:, None]
    answer = np.cumsum(noise, axis=0) * decay  # summing takes the hiss away
    answer -= answer.mean(axis=0)
    answer /= np.sqrt((answer**2).sum(axis=0))
    answer = answer.astype(np.float32)
    size = 1 << (len(sound) + length - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(sound, size, axis=0) * np.fft.rfft(answer, size, axis=0), size, axis=0)
    return np.asarray(sound + 0.35 * wet[: len(sound)], dtype=np.float32)
