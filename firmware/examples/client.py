"""A client of the protocol: asks who a device is, and has it count. python client.py COMMAND [ARGUMENTS]."""

import struct
import subprocess
import sys
from zlib import crc32

device = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


def read(n):
    data = b""
    while len(data) < n:
        data += device.stdout.read(n - len(data)) or sys.exit("the device has hung up")
    return data


def call(kind, *words, sequence=iter(range(1, 100))):  # noqa: B008
    payload = struct.pack(f"<{len(words)}I", *words)
    head = b"NS" + struct.pack("<BBII", kind, 0, next(sequence), len(payload))
    device.stdin.write(head + struct.pack("<I", crc32(head)) + payload + struct.pack("<I", crc32(payload)))
    head = read(16)
    payload, crc = read(struct.unpack_from("<I", head, 8)[0]), struct.unpack("<I", read(4))[0]
    assert head[2] == kind | 0x80, f"refused: {struct.unpack('<2I', payload)}"
    assert crc == crc32(payload), "corrupted"
    return payload


hello = struct.unpack("<15I32s32s", call(1, 1, 12345))
print(hello[15].rstrip(b"\0").decode(), "with a buffer of", hello[5], "bytes")
# one group of 3 neurons with one slot, which counts up in every step of the one phase and is read at its end
tables = [3, 1, 0, 0, 0, *(0, 0, 0, 0), 0, 24, 0, 0, 0]
program = [0x3150534E, 31, 1, 0, 0, 0, 1, 0, 1, 2, *tables, *(1, 0, 4), 3, 2 | 1 << 8, 4, 0]
assert struct.unpack("<I", call(2, len(program), 0, *program))[0] == crc32(struct.pack(f"<{len(program)}I", *program))
print("after 5 steps:", struct.unpack("<4I3i", call(4, 0, 1, 5))[4:])
