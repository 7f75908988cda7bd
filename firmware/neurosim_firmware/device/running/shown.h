/* What is shown to neurons and what is read of them, as words of a payload. */
#ifndef SHOWN_H
#define SHOWN_H

#include "program.h"

/* Words of all stimuli once a trial, or in every step; of all readings of a phase, or of every step (NONE). */
uint64_t shown_words(const Program *program, int once);
uint64_t read_words(const Program *program, uint32_t phase);

/* Store or take them; what comes back is where the next words are. */
const uint32_t *show(const Program *program, int once, const uint32_t *words);
uint32_t *read_out(const Program *program, uint32_t phase, uint32_t *words);

/* Numbers of a slot, as words: as many as there are neurons. */
void store_numbers(int64_t *values, const uint32_t *words, uint32_t count);
void take_numbers(uint32_t *words, const int64_t *values, uint32_t count);

#endif
