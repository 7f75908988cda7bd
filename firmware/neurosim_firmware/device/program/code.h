/* Code: words that compute one value of a neuron with a stack. */
#ifndef CODE_H
#define CODE_H

#include "program.h"

enum { MOST_STACK = 32, MOST_SHIFT = 62 };
#define NO_FAULT 0xFFFFFFFFu

/* The first word that makes it none for neurons of so many slots with such a stack, or NO_FAULT. */
uint32_t code_fault(const uint32_t *code, uint32_t length, uint32_t slots, uint32_t stack);

/* The values of at most BLOCK neurons of a group, from `first` on; they stay until the next call. */
const int64_t *code_values(const uint32_t *code, const Group *group, uint32_t first, uint32_t count);

#endif
