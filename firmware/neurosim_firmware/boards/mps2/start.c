/* What runs before main, and what C expects of a library. */
#include <stddef.h>
#include <stdint.h>

extern uint32_t data_begin, data_end, data_stored, bss_begin, bss_end, stack_top;
int main(int, char **);

void reset(void) {
    const uint32_t *stored = &data_stored;
    for (uint32_t *to = &data_begin; to < &data_end;) *to++ = *stored++;
    for (uint32_t *to = &bss_begin; to < &bss_end;) *to++ = 0;
    main(0, 0);
    for (;;) {}
}

static void stop(void) {
    for (;;) {}
}

/* Interrupts only wake the processor, so that faults alone need an entry. */
__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))&stack_top, reset, stop, stop, stop, stop, stop};

/* Words at once where both sides allow it. */
void *memcpy(void *to, const void *from, size_t count) {
    uint8_t *t = (uint8_t *)to;
    const uint8_t *f = (const uint8_t *)from;
    if ((((uintptr_t)t | (uintptr_t)f) & 3) == 0)
        for (; count >= 4; count -= 4, t += 4, f += 4) *(uint32_t *)t = *(const uint32_t *)f;
    while (count--) *t++ = *f++;
    return to;
}

void *memset(void *to, int value, size_t count) {
    uint8_t *t = (uint8_t *)to;
    const uint32_t word = 0x01010101u * (uint8_t)value;
    if (((uintptr_t)t & 3) == 0)
        for (; count >= 4; count -= 4, t += 4) *(uint32_t *)t = word;
    while (count--) *t++ = (uint8_t)value;
    return to;
}
