/* The device on Arm's MPS2 board (AN385): a UART, a timer as clock, and a tick that ends a wait. Interrupts are never
 * taken: pending ones wake the processor. */
#include "platform.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define UART(offset) REGISTER(0x40004000u + (offset))
#define TIMER(offset) REGISTER(0x40000000u + (offset))
enum { DATA = 0x0, STATE = 0x4, CONTROL = 0x8, PENDING = 0xC, DIVIDER = 0x10 };       /* of the UART */
enum { TIMER_CONTROL = 0x0, VALUE = 0x4, RELOAD = 0x8, TIMER_PENDING = 0xC };         /* of the timer */
enum { FULL = 1, ARRIVED = 2, SEND = 1, RECEIVE = 2, RECEIVE_INTERRUPT = 8, ENABLE = 1, TIMER_INTERRUPT = 8 };
#define TICK_CONTROL REGISTER(0xE000E010u)
#define TICK_RELOAD REGISTER(0xE000E014u)
#define TICK_STATE REGISTER(0xE000ED04u)
#define INTERRUPT_ENABLE REGISTER(0xE000E100u)
#define INTERRUPT_CLEAR REGISTER(0xE000E280u)
enum { UART_INTERRUPT = 1 << 0, TICK_ON = 7, TICKED = 1 << 16, CLEAR_TICK = 1 << 25 };

#ifndef KIND
#define KIND KIND_EMULATED /* a board that is one is built with -DKIND=KIND_HARDWARE */
#endif
enum { HZ = 25000000, TICK = HZ / 40, SILENT_TICKS = 4 }; /* the first may come at once */

static uint32_t turns; /* of the timer, which counts down from 2^32 - 1 */

void platform_open(int count, char **arguments) {
    (void)count;
    (void)arguments;
    __asm volatile("cpsid i");
    TIMER(RELOAD) = TIMER(VALUE) = 0xFFFFFFFFu;
    TIMER(TIMER_CONTROL) = ENABLE | TIMER_INTERRUPT;
    TICK_RELOAD = TICK - 1;
    TICK_CONTROL = TICK_ON;
    UART(DIVIDER) = 16;
    UART(CONTROL) = SEND | RECEIVE | RECEIVE_INTERRUPT;
    INTERRUPT_ENABLE = UART_INTERRUPT;
}

/* Every turn is seen, as a wait looks in every tick and no run is as long as 171 s. */
uint64_t platform_ticks(void) {
    uint32_t low = ~TIMER(VALUE);
    if (TIMER(TIMER_PENDING)) {
        TIMER(TIMER_PENDING) = 1;
        turns++;
        low = ~TIMER(VALUE);
    }
    return (uint64_t)turns << 32 | low;
}

static void forget_interrupts(void) {
    UART(PENDING) = 2;
    INTERRUPT_CLEAR = UART_INTERRUPT;
    TICK_STATE = CLEAR_TICK;
}

/* Each access of a register stops an emulator for a while: the clock is looked at in ticks alone. */
int platform_get(void) {
    uint32_t ticks = 0;
    while (!(UART(STATE) & ARRIVED)) {
        if (TICK_CONTROL & TICKED) {
            platform_ticks();
            if (++ticks > SILENT_TICKS) return -1;
        }
        forget_interrupts();
        if (!(UART(STATE) & ARRIVED)) __asm volatile("wfi");
    }
    return (int)(UART(DATA) & 255);
}

void platform_put(const uint8_t *bytes, uint32_t count) {
    while (count--) {
        while (UART(STATE) & FULL) {}
        UART(DATA) = *bytes++;
    }
}

uint32_t platform_hz(void) { return HZ; }
uint32_t platform_kind(void) { return KIND; }
const char *platform_name(void) { return "neurosim firmware on mps2-an385"; }
const char *platform_serial(void) { return ""; }
