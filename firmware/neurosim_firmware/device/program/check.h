/* Whether words are a program that fits, so that nothing needs to be checked while it runs. */
#ifndef CHECK_H
#define CHECK_H

#include "program.h"

Refusal program_check(Program *program, const uint32_t *words, uint32_t count);

#endif
