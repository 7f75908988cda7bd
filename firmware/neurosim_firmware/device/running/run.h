/* Trials. */
#ifndef RUN_H
#define RUN_H

#include "program.h"

enum { GOES_ON_FROM_LAST = 1, GOES_ON_LATER = 2 };

typedef struct {
    uint32_t flags, trials;
    const uint32_t *steps; /* of each phase */
} Run;

/* Words that all trials are shown, and that are read of them; TOO_MANY where no buffer holds them. */
uint64_t run_shown_words(const Program *program, const Run *run);
uint64_t run_read_words(const Program *program, const Run *run);
#define TOO_MANY 0x3FFFFF00u

void run_trials(Program *program, const Run *run, const uint32_t *shown, uint32_t *read);

#endif
