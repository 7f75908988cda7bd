#include "code.h"

#include <string.h>

#include "sizes.h"

enum {
    END, CONST, SMALL, SLOT, ADD, SUB, MUL, NEG, ABS, SIGN, SHL, FLOOR, TRUNC, ROUND, MIN, MAX, WRAP,
    LT, LE, GT, GE, EQ, NE, AND, OR, NOT, SELECT, OPERATIONS
};

/* How many values each takes from the stack and puts there. */
static const uint8_t takes[OPERATIONS] = {1, 0, 0, 0, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 3};
enum { PUTS = 1 };

static int operand_fits(uint32_t operation, uint32_t a, uint32_t slots) {
    switch (operation) {
    case SLOT: return a < slots;
    case SHL: case FLOOR: case TRUNC: return a <= MOST_SHIFT;
    case ROUND: return a >= 1 && a <= MOST_SHIFT;
    default: return 1;
    }
}

uint32_t code_fault(const uint32_t *code, uint32_t length, uint32_t slots, uint32_t stack) {
    uint32_t height = 0;
    for (uint32_t at = 0; at < length; at++) {
        uint32_t operation = code[at] & 255;
        if (operation >= OPERATIONS || height < takes[operation]) return at;
        if (!operand_fits(operation, code[at] >> 8, slots)) return at;
        if (operation == END) return at == length - 1 && height == 1 ? NO_FAULT : at;
        height += PUTS - takes[operation];
        if (height > stack) return at;
        if (operation == CONST) {
            if (length - at <= 2) return at;
            at += 2;
        }
    }
    return length;
}

/* Sums and products keep their lower 64 bits, so that no code of a host can be a fault of the device. */
static int64_t plus(int64_t x, int64_t y) { return (int64_t)((uint64_t)x + (uint64_t)y); }
static int64_t minus(int64_t x, int64_t y) { return (int64_t)((uint64_t)x - (uint64_t)y); }
static int64_t times(int64_t x, int64_t y) { return (int64_t)((uint64_t)x * (uint64_t)y); }
static int64_t absolute(int64_t x) { return x < 0 ? minus(0, x) : x; }
static int64_t shifted(int64_t x, uint32_t a) { return (int64_t)((uint64_t)x << a); }
static int64_t truncated(int64_t x, uint32_t a) {
    int64_t size = (int64_t)((uint64_t)absolute(x) >> a);
    return x < 0 ? minus(0, size) : size;
}
static int64_t rounded(int64_t x, uint32_t a) { return plus(x, (int64_t)1 << (a - 1)) >> a; }

/* Into -h + 1 to h; 0 where that is nothing. */
static int64_t wrapped(int64_t x, int64_t h) {
    int64_t from_bottom = minus(plus(x, h), 1);
    uint64_t range = 2 * (uint64_t)h, rest;
    if (h < 1) return 0;
    if ((range & (range - 1)) == 0)
        rest = (uint64_t)from_bottom & (range - 1);
    else if (from_bottom >= 0)
        rest = (uint64_t)from_bottom % range;
    else
        rest = range - 1 - ~(uint64_t)from_bottom % range;
    return plus(minus((int64_t)rest, h), 1);
}

/* Each operation is computed for all neurons before the next: what decides between operations is paid once a block. */
static int64_t rows[1 + MOST_STACK][BLOCK]; /* the first is below the stack */

#define ROW(value)                                                   \
    {                                                                \
        for (uint32_t i = 0; i < count; i++) row[i] = (value);       \
        break;                                                       \
    }
#define PUT(value)                                                   \
    {                                                                \
        row += BLOCK;                                                \
        ROW(value)                                                   \
    }
#define UNARY(value)                                                 \
    {                                                                \
        for (uint32_t i = 0; i < count; i++) {                       \
            const int64_t x = row[i];                                \
            row[i] = (value);                                        \
        }                                                            \
        break;                                                       \
    }
#define BINARY(value)                                                \
    {                                                                \
        row -= BLOCK;                                                \
        for (uint32_t i = 0; i < count; i++) {                       \
            const int64_t x = row[i], y = row[BLOCK + i];            \
            row[i] = (value);                                        \
        }                                                            \
        break;                                                       \
    }

const int64_t *code_values(const uint32_t *code, const Group *group, uint32_t first, uint32_t count) {
    int64_t *row = rows[0];
    for (;;) {
        const uint32_t word = *code++, a = word >> 8;
        switch (word & 255) {
        case END: return row;
        case CONST: {
            const int64_t value = (int64_t)((uint64_t)code[1] << 32 | code[0]);
            code += 2;
            PUT(value)
        }
        case SMALL: PUT((int32_t)word >> 8)
        case SLOT: {
            const int64_t *values = group->values + (uint64_t)a * group->size + first;
            PUT(values[i])
        }
        case ADD: BINARY(plus(x, y))
        case SUB: BINARY(minus(x, y))
        case MUL: BINARY(times(x, y))
        case NEG: UNARY(minus(0, x))
        case ABS: UNARY(absolute(x))
        case SIGN: UNARY((x > 0) - (x < 0))
        case SHL: UNARY(shifted(x, a))
        case FLOOR: UNARY(x >> a)
        case TRUNC: UNARY(truncated(x, a))
        case ROUND: UNARY(rounded(x, a))
        case MIN: BINARY(x < y ? x : y)
        case MAX: BINARY(x > y ? x : y)
        case WRAP: BINARY(wrapped(x, y))
        case LT: BINARY(x < y)
        case LE: BINARY(x <= y)
        case GT: BINARY(x > y)
        case GE: BINARY(x >= y)
        case EQ: BINARY(x == y)
        case NE: BINARY(x != y)
        case AND: BINARY((x != 0) & (y != 0))
        case OR: BINARY((x != 0) | (y != 0))
        case NOT: UNARY(x == 0)
        case SELECT: {
            row -= 2 * BLOCK;
            ROW(row[i] ? row[BLOCK + i] : row[2 * BLOCK + i])
        }
        }
    }
}
