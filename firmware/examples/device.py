"""A device of the protocol in a hundred lines: python device.py, on its standard input and output."""

import struct
import sys
import time
from zlib import crc32

import numpy as np

BUFFER, NONE, NAME, SERIAL = 1 << 20, 0xFFFFFFFF, b"example", b"1"
SMALL, OPERATIONS = 2, {
    4: lambda x, y: x + y, 5: lambda x, y: x - y, 6: lambda x, y: x * y, 14: np.minimum, 15: np.maximum,
    16: lambda x, h: (x + h - 1) % (2 * h) - h + 1, 17: lambda x, y: x < y, 18: lambda x, y: x <= y,
    19: lambda x, y: x > y, 20: lambda x, y: x >= y, 21: lambda x, y: x == y, 22: lambda x, y: x != y,
    23: lambda x, y: x & y, 24: lambda x, y: x | y,
}  # fmt: skip
OF_ONE = {
    7: lambda x, a: -x, 8: lambda x, a: abs(x), 9: lambda x, a: np.sign(x), 10: lambda x, a: x << a,
    11: lambda x, a: x >> a, 12: lambda x, a: np.sign(x) * (abs(x) >> a), 13: lambda x, a: (x + (1 << a - 1)) >> a,
    25: lambda x, a: 1 - x,
}  # fmt: skip


class Device:
    def __init__(self):
        self.boot = self.trials = self.dropped = self.refused = 0
        self.parts, self.program = [], None

    def answer(self, kind, data):
        return {1: self.hello, 2: self.load, 3: self.write, 4: self.run, 5: self.status, 6: self.reset,
                7: self.set, 8: self.write_delta, 9: self.get}[kind](data)  # fmt: skip

    def hello(self, data):
        self.boot = self.boot or struct.unpack("<2I", data)[1]
        most = [BUFFER, 1 << 20, 1 << 20, 1 << 22, 256, 256, 256, 64, 256, 256]
        return struct.pack("<15I32s32s", 1, 1, self.boot, 10**9, self.trials, *most, NAME, SERIAL)

    def status(self, data):
        words = crc32(self.program.tobytes()) if self.program is not None else 0
        return struct.pack("<8I", self.boot, self.dropped, self.refused, self.trials, 0, words, 0, 0)

    def reset(self, data):
        self.parts, self.program = [], None
        return b""

    def load(self, data):
        total, first = struct.unpack_from("<2I", data)
        self.parts = (self.parts if first else []) + [data[8:]]
        whole = b"".join(self.parts)
        if len(whole) == 4 * total:
            self.become(np.frombuffer(whole, "<u4").astype(np.int64))
        return struct.pack("<I", crc32(whole))

    def become(self, words):
        self.at, self.program = 10, words.astype("<u4")
        counts = [int(n) for n in words[2:9]]
        take = lambda n, width: [self.take(words, width) for _ in range(n)]  # noqa: E731
        self.groups = []
        for _ in range(counts[0]):
            size, slots = self.take(words, 2)
            start = np.array([self.take(words, 3) for _ in range(slots)]).reshape(slots, 3)
            initial = (start[:, 1] | start[:, 2] << 32)[:, None].repeat(size, 1)
            self.groups.append({"kept": start[:, 0] == 1, "initial": initial, "now": initial.copy()})
        sizes = [g["now"].shape[1] for g in self.groups]
        self.matrices = [np.zeros((sizes[a], sizes[b]), "<i2") for a, b in take(counts[1], 2)]
        self.edges, self.ports, self.readings, self.stimuli = (
            take(n, w) for n, w in zip(counts[2:6], (7, 3, 4, 3), strict=True)
        )
        self.phases = [take(counts[0], 4) + take(counts[0], 1) for _ in range(counts[6])]
        self.lists = words

    def take(self, words, n):
        self.at += n
        return [int(w) for w in words[self.at - n : self.at]]

    def write(self, data):
        matrix, first = struct.unpack_from("<2I", data)
        self.matrices[matrix].ravel()[first : first + len(data[8:]) // 2] = np.frombuffer(data[8:], "<i2")
        return struct.pack("<I", crc32(self.matrices[matrix].tobytes()))

    def write_delta(self, data):
        matrix, at = self.matrices[struct.unpack_from("<I", data)[0]], -1
        for gap, mantissa in struct.iter_unpack("<Hh", data[4:]):
            at += 65534 if gap == 0xFFFF else gap
            if gap != 0xFFFF:
                matrix.ravel()[at] = mantissa
        return struct.pack("<I", crc32(matrix.tobytes()))

    def set(self, data):
        group, slot = struct.unpack_from("<2I", data)
        self.groups[group]["now"][slot] = np.frombuffer(data[8:], "<i4")
        return struct.pack("<I", crc32(data[8:]))

    def get(self, data):
        group, slot = struct.unpack("<2I", data)
        return self.groups[group]["now"][slot].astype("<i4").tobytes()

    def run(self, data):
        start, words = time.monotonic_ns(), np.frombuffer(data, "<u4")
        flags, count, lengths = int(words[0]), int(words[1]), words[2 : 2 + len(self.phases)]
        self.shown, self.read = words[2 + len(self.phases) :], []
        for _ in range(count):
            if not flags & 1:
                for g in self.groups:
                    g["now"][~g["kept"]] = g["initial"][~g["kept"]]
            self.show(0)
            self.compute(self.phases[0], 0)
            self.deliver(constant=True)
            last = max((k for k, n in enumerate(lengths) if n), default=-1)
            for k, phase in enumerate(self.phases):
                for _ in range(lengths[k]):
                    self.step(phase)
                if lengths[k] and not (k == last and flags & 2):
                    self.take_readings(k)
                    self.compute(phase[len(self.groups) :], 0)
            self.trials += 1
        ticks = time.monotonic_ns() - start
        return struct.pack("<4I", count, ticks & NONE, ticks >> 32, 0) + b"".join(self.read)

    def step(self, phase):
        self.show(1, 2)
        self.compute(phase, 0)
        for group, slot, first in self.ports:
            now = self.groups[group]["now"]
            now[slot] = 0 if first == NONE else now[first]
        self.deliver(constant=False)
        self.compute(phase, 1, 2, 3)
        self.take_readings(NONE)

    def show(self, *kinds):
        for group, slot, kind in self.stimuli:
            if kind in kinds:
                now = self.groups[group]["now"]
                n = -(-now.shape[1] // 32) if kind == 2 else now.shape[1]
                given, self.shown = self.shown[:n], self.shown[n:]
                bits = np.unpackbits(given.view(np.uint8), bitorder="little")[: now.shape[1]]
                now[slot] = bits if kind == 2 else given.view("<i4")

    def compute(self, phase, *which):
        for group, lists in zip(self.groups, phase, strict=False):
            for k in which:
                self.assign(group["now"], lists[k], where_spike=lists[2] if k == 3 else 0)

    def assign(self, now, at, where_spike):
        where = now[self.lists[where_spike + 1]] != 0 if where_spike else slice(None)
        n, at, new = int(self.lists[at]) if at else 0, at + 1, {}
        for _ in range(n):
            slot, length = self.lists[at : at + 2]
            new[slot] = np.array(self.value(now, [int(w) for w in self.lists[at + 2 : at + 2 + length]]))
            at += 2 + length
        for slot, value in new.items():
            now[slot, where] = np.broadcast_to(value, now.shape[1])[where]

    def value(self, now, code):
        stack, words = [], iter(code)
        for word in words:
            operation, a = word & 255, word >> 8
            if operation == 0:
                return stack[-1]
            if operation == 1:
                stack.append(np.int64(np.uint64(next(words) | next(words) << 32)))
            elif operation == SMALL:
                stack.append(np.int64(a - (a >> 23 << 24)))
            elif operation == 3:
                stack.append(now[a])
            elif operation in OF_ONE:
                stack.append(OF_ONE[operation](stack.pop(), a))
            elif operation == 26:
                y, x, c = stack.pop(), stack.pop(), stack.pop()
                stack.append(np.where(c != 0, x, y))
            else:
                y, x = stack.pop(), stack.pop()
                stack.append(np.int64(1) * OPERATIONS[operation](x, y))
        return None

    def deliver(self, constant):
        if constant:
            for _, _, _, group, slot, flags, _ in self.edges:
                if flags & 2:
                    self.groups[group]["now"][slot] = 0
        for matrix, source, read, target, slot, flags, shift in self.edges:
            if bool(flags & 2) == constant:
                w = self.matrices[matrix].astype(np.int64)
                sums = w @ self.groups[source]["now"][read] if flags & 1 else self.groups[source]["now"][read] @ w
                self.groups[target]["now"][slot] += sums << shift

    def take_readings(self, phase):
        for group, slot, when, is_bit in self.readings:
            if when == phase:
                values = self.groups[group]["now"][slot]
                bits = np.packbits(np.pad(values, (0, -len(values) % 32)) != 0, bitorder="little")
                self.read.append(bits.tobytes() if is_bit else values.astype("<i4").tobytes())


def serve(device, read, write):
    while True:
        head = read(2)
        while head != b"NS":
            head = head[1:] + read(1)
        head += read(14)
        length, crc = struct.unpack_from("<2I", head, 8)
        if crc != crc32(head[:12]) or length > BUFFER:
            device.dropped += 1
            continue
        data, crc = read(length), struct.unpack("<I", read(4))[0]
        kind, payload = 0xFF, struct.pack("<2I", 2, 0)
        if crc == crc32(data):
            kind, payload = head[2] | 0x80, device.answer(head[2], data)
        reply = b"NS" + bytes([kind, 0]) + head[4:8] + struct.pack("<I", len(payload))
        write(reply + struct.pack("<I", crc32(reply)) + payload + struct.pack("<I", crc32(payload)))


if __name__ == "__main__":

    def read(n):
        data = sys.stdin.buffer.read(n)
        if len(data) < n:
            sys.exit()
        return data

    def write(data):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    serve(Device(), read, write)
