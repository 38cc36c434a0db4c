# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages that were good once."""
import struct


def spoil(rng, octets, keep=0):
    """Some octets changed, put in or cut off; the first `keep` stay."""
    b = bytearray(octets)
    for _ in range(rng.randrange(1, 5)):
        if len(b) <= keep + 2:
            break
        at, what = rng.randrange(keep, len(b) - 1), rng.randrange(5)
        if what == 0:
            b[at] = rng.randrange(256)
        elif what == 1:
            b[at] ^= 1 << rng.randrange(8)
        elif what == 2:
            del b[at + 1:]
        elif what == 3:
            b[at:at] = rng.randbytes(rng.randrange(1, 40))
        else:
            struct.pack_into("!H", b, at, rng.choice((0, 1, 5, 0x3ff, 0x7fff, 0xffff)))
    return bytes(b)
