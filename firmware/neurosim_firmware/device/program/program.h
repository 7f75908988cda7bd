/* A program: groups of neurons, matrices of synapses, and lists of equations, as words that are checked once. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdint.h>

#include "refusal.h"

#define NONE 0xFFFFFFFFu

typedef struct {
    uint32_t size, slots;
    const uint32_t *beginnings; /* three words a slot: whether it is kept, and its initial value */
    int64_t *values;            /* slot after slot, of all neurons each */
} Group;

typedef struct {
    uint32_t rows, columns; /* groups */
    uint32_t count;
    int16_t *mantissas;
} Matrix;

typedef struct {
    uint32_t matrix, source, source_slot, target, target_slot, flags, shift;
} Edge;
enum { FROM_COLUMNS = 1, CONSTANT = 2 };

typedef struct {
    uint32_t group, slot, begins_with; /* a slot, or NONE */
} Port;

typedef struct {
    uint32_t group, slot, phase, is_bits; /* phase NONE: every step */
} Reading;

typedef struct {
    uint32_t group, slot, form;
} Stimulus;
enum { ONCE, NUMBERS, BITS };

enum { PRESENT, UPDATE, SPIKE, RESET_SPIKED, LISTS_OF_STEP };

typedef struct {
    uint32_t word_count, crc; /* 0 words: there is none */
    uint32_t group_count, matrix_count, edge_count, port_count, reading_count, stimulus_count, phase_count, stack;
    const uint32_t *words;
    Group *groups;
    Matrix *matrices;
    const Edge *edges;
    const Port *ports;
    const Reading *readings;
    const Stimulus *stimuli;
    const uint32_t *phases;
} Program;

static inline int64_t *slot_of(const Program *program, uint32_t group, uint32_t slot) {
    const Group *g = &program->groups[group];
    return g->values + (uint64_t)slot * g->size;
}

/* A list of a group in a phase, or 0 where it is empty. */
static inline const uint32_t *list_at(const Program *program, uint32_t word) {
    return word ? program->words + word : 0;
}
static inline const uint32_t *step_list(const Program *program, uint32_t phase, uint32_t group, uint32_t which) {
    uint32_t lists = (LISTS_OF_STEP + 1) * program->group_count;
    return list_at(program, program->phases[phase * lists + group * LISTS_OF_STEP + which]);
}
static inline const uint32_t *assign_list(const Program *program, uint32_t phase, uint32_t group) {
    uint32_t lists = (LISTS_OF_STEP + 1) * program->group_count;
    return list_at(program, program->phases[phase * lists + LISTS_OF_STEP * program->group_count + group]);
}

void program_begin_trial(Program *program); /* slots that are not kept get their initial values */
void program_forget(Program *program);

/* The next words of a program; the last make it current. `crc` becomes that of all words so far. */
Refusal program_take(Program *program, uint32_t total, uint32_t first, const uint32_t *words, uint32_t count,
                     uint32_t *crc);

#endif
