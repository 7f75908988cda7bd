"""A device of the protocol in Python and NumPy, on its standard input and output: python device.py."""

import struct
import sys
import time
from zlib import crc32

import numpy as np

BUFFER, NONE = 1 << 20, 0xFFFFFFFF
OF_TWO = {4: np.add, 5: np.subtract, 6: np.multiply, 14: np.minimum, 15: np.maximum, 17: np.less, 18: np.less_equal,
          19: np.greater, 20: np.greater_equal, 21: np.equal, 22: np.not_equal, 23: np.logical_and,
          24: np.logical_or, 16: lambda x, h: (x + h - 1) % (2 * h) - h + 1}  # fmt: skip
OF_ONE = {7: lambda x, a: -x, 8: lambda x, a: abs(x), 9: lambda x, a: np.sign(x), 10: lambda x, a: x << a,
          11: lambda x, a: x >> a, 12: lambda x, a: np.sign(x) * (abs(x) >> a),
          13: lambda x, a: (x + (1 << a - 1)) >> a, 25: lambda x, a: x == 0}  # fmt: skip


class Device:
    def __init__(self):
        self.boot = self.trials = self.dropped = 0
        self.words = np.zeros(0, "<u4")
        self.requests = [self.hello, self.load, self.write, self.run, self.status, self.load, self.set,
                         self.write_delta, self.get]  # fmt: skip

    def hello(self, version, nonce):
        self.boot = self.boot or nonce
        most = BUFFER, 1 << 20, 1 << 22, 1 << 22, 256, 256, 256, 64, 256, 256
        return struct.pack("<15I32s32s", 1, 1, self.boot, 10**9, self.trials, *most, b"example", b"1")

    def status(self):
        return struct.pack("<8I", self.boot, self.dropped, 0, self.trials, 0, crc32(self.words), 0, 0)

    def load(self, total=0, first=0, *words):
        self.words = np.concatenate([self.words[:first], np.array(words, "<u4")])
        if total and len(self.words) == total:
            self.begin([int(w) for w in self.words])
        return struct.pack("<I", crc32(self.words)) if total else b""

    def begin(self, words):
        self.code, tables = words, iter(words[10:])
        take = lambda n, width: [[next(tables) for _ in range(width)] for _ in range(n)]  # noqa: E731
        (groups, matrices, edges, ports, readings, stimuli, phases), self.groups = words[2:9], []
        for _ in range(groups):
            size, slots = next(tables), next(tables)
            start = np.array(take(slots, 3), np.uint64)
            initial = (start[:, 1] | start[:, 2] << np.uint64(32)).view(np.int64)[:, None].repeat(size, 1)
            self.groups.append((initial.copy(), initial, start[:, 0] == 0))
        size = [now.shape[1] for now, _, _ in self.groups]
        self.matrices = [np.zeros((size[a], size[b]), "<i2") for a, b in take(matrices, 2)]
        self.edges, self.ports, self.readings = take(edges, 7), take(ports, 3), take(readings, 4)
        self.stimuli, self.phases = take(stimuli, 3), take(phases, 5 * groups)

    def write(self, matrix, first, *pairs):
        mantissas = np.array(pairs, "<u4").view("<i2")[: self.halves]
        self.matrices[matrix].ravel()[first : first + len(mantissas)] = mantissas
        return struct.pack("<I", crc32(self.matrices[matrix]))

    def write_delta(self, matrix, *pairs):
        gaps, mantissas = np.array(pairs, "<u4").view("<i2").reshape(-1, 2).T
        steps = np.where(gaps == -1, 65534, gaps.view("<u2"))
        self.matrices[matrix].ravel()[(np.cumsum(steps) - 1)[gaps != -1]] = mantissas[gaps != -1]
        return struct.pack("<I", crc32(self.matrices[matrix]))

    def set(self, group, slot, *numbers):
        self.groups[group][0][slot] = np.array(numbers, "<u4").view("<i4")
        return struct.pack("<I", crc32(self.get(group, slot)))

    def get(self, group, slot):
        return self.groups[group][0][slot].astype("<i4").tobytes()

    def run(self, flags, trials, *words):
        began, phases = time.perf_counter_ns(), list(zip(words, self.phases, strict=False))
        self.shown, self.read = np.array(words[len(phases) :], "<u4"), []
        last = max((k for k, (steps, _) in enumerate(phases) if steps), default=-1)
        for _ in range(trials):
            for now, initial, is_new in self.groups:
                now[is_new] = now[is_new] if flags & 1 else initial[is_new]
            self.show(0)
            self.compute(phases[0][1], 0)
            self.deliver(2)
            for k, (steps, lists) in enumerate(phases):
                for _ in range(steps):
                    self.show(1, 2)
                    self.compute(lists, 0)
                    self.deliver(0)
                    self.compute(lists, 1, 2, 3)
                    self.take(NONE)
                if steps and not (k == last and flags & 2):
                    self.take(k)
                    for group, at in zip(self.groups, lists[4 * len(self.groups) :], strict=True):
                        self.assign(group[0], at, slice(None))
        self.trials += trials
        ticks = time.perf_counter_ns() - began
        return struct.pack("<4I", trials, ticks & NONE, ticks >> 32, 0) + b"".join(self.read)

    def show(self, *kinds):
        for group, slot, kind in self.stimuli:
            if kind in kinds:
                row = self.groups[group][0][slot]
                words = -(-len(row) // 32) if kind == 2 else len(row)
                given, self.shown = self.shown[:words], self.shown[words:]
                bits = np.unpackbits(given.view("u1"), bitorder="little")[: len(row)]
                row[:] = bits if kind == 2 else given.view("<i4")

    def deliver(self, constant):
        for group, slot, first in self.ports:
            now = self.groups[group][0]
            if constant and first != NONE:
                now[first] = 0
            elif not constant:
                now[slot] = 0 if first == NONE else now[first]
        for matrix, source, read, target, slot, flags, shift in self.edges:
            if flags & 2 == constant:
                weights = self.matrices[matrix].T if flags & 1 else self.matrices[matrix]
                self.groups[target][0][slot] += self.groups[source][0][read] @ weights.astype(np.int64) << shift

    def compute(self, lists, *which):
        for k, (now, _, _) in enumerate(self.groups):
            for n in which:
                spikes = self.code[lists[4 * k + 2] + 1] if n == 3 and lists[4 * k + 2] else None
                self.assign(now, lists[4 * k + n], slice(None) if spikes is None else now[spikes] != 0)

    def assign(self, now, at, where):
        new, n, at = {}, self.code[at] if at else 0, at + 1
        for _ in range(n):
            slot, length = self.code[at : at + 2]
            new[slot] = self.value(now, self.code[at + 2 : at + 2 + length]) + np.zeros(now.shape[1], np.int64)
            at += 2 + length
        for slot, values in new.items():
            now[slot, where] = values[where]

    def value(self, now, code):
        stack, words = [], iter(code)
        for word in words:
            operation, a = word & 255, word >> 8
            if operation == 1:
                stack.append(np.array([next(words), next(words)], "<u4").view("<i8")[0])
            elif operation == 2:
                stack.append(np.int64(a - (a >> 23 << 24)))
            elif operation == 3:
                stack.append(now[a])
            elif operation in OF_ONE:
                stack.append(OF_ONE[operation](stack.pop(), a) * np.int64(1))
            elif operation in OF_TWO:
                y, x = stack.pop(), stack.pop()
                stack.append(OF_TWO[operation](x, y) * np.int64(1))
            elif operation == 26:
                y, x, c = stack.pop(), stack.pop(), stack.pop()
                stack.append(np.where(c != 0, x, y))
        return stack[-1]

    def take(self, moment):
        for group, slot, when, is_bit in self.readings:
            if when == moment:
                row = self.groups[group][0][slot]
                bits = np.packbits(np.pad(row != 0, (0, -len(row) % 32)), bitorder="little")
                self.read.append((bits if is_bit else row.astype("<i4")).tobytes())

    def answer(self, kind, data):
        self.halves = (len(data) - 8) // 2
        return self.requests[kind - 1](*np.frombuffer(data + bytes(-len(data) % 4), "<u4").tolist())


def serve(device, read, write):
    head = b""
    while True:
        head += read(16 - len(head))
        length, crc = struct.unpack_from("<II", head, 8)
        if head[:2] != b"NS" or length > BUFFER or crc != crc32(head[:12]):
            head = head[1:]
            device.dropped += 1
            continue
        data, crc = read(length), struct.unpack("<I", read(4))[0]
        kind, payload = 0xFF, struct.pack("<2I", 2, 0)
        if crc == crc32(data):
            kind, payload = head[2] | 0x80, device.answer(head[2], data)
        reply = b"NS" + bytes([kind, 0]) + head[4:8] + struct.pack("<I", len(payload))
        write(reply + struct.pack("<I", crc32(reply)) + payload + struct.pack("<I", crc32(payload)))
        head = b""


def read(n):
    data = sys.stdin.buffer.read(n)
    return data if len(data) == n else sys.exit()


def write(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    serve(Device(), read, write)
