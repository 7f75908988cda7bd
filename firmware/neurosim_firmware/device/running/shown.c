#include "shown.h"

static uint32_t words_of(const Program *program, uint32_t group, int is_bits) {
    uint32_t size = program->groups[group].size;
    return is_bits ? (size + 31) / 32 : size;
}

void store_numbers(int64_t *values, const uint32_t *words, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) values[i] = (int32_t)words[i];
}

void take_numbers(uint32_t *words, const int64_t *values, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) words[i] = (uint32_t)values[i];
}

static void store_bits(int64_t *values, const uint32_t *words, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) values[i] = words[i / 32] >> i % 32 & 1;
}

static void take_bits(uint32_t *words, const int64_t *values, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (i % 32 == 0) words[i / 32] = 0;
        words[i / 32] |= (uint32_t)(values[i] != 0) << i % 32;
    }
}

uint64_t shown_words(const Program *program, int once) {
    uint64_t words = 0;
    for (uint32_t s = 0; s < program->stimulus_count; s++) {
        const Stimulus *stimulus = &program->stimuli[s];
        if ((stimulus->form == ONCE) == once) words += words_of(program, stimulus->group, stimulus->form == BITS);
    }
    return words;
}

uint64_t read_words(const Program *program, uint32_t phase) {
    uint64_t words = 0;
    for (uint32_t r = 0; r < program->reading_count; r++) {
        const Reading *reading = &program->readings[r];
        if (reading->phase == phase) words += words_of(program, reading->group, reading->is_bits);
    }
    return words;
}

const uint32_t *show(const Program *program, int once, const uint32_t *words) {
    for (uint32_t s = 0; s < program->stimulus_count; s++) {
        const Stimulus *stimulus = &program->stimuli[s];
        int64_t *values = slot_of(program, stimulus->group, stimulus->slot);
        uint32_t size = program->groups[stimulus->group].size;
        if ((stimulus->form == ONCE) != once) continue;
        if (stimulus->form == BITS)
            store_bits(values, words, size);
        else
            store_numbers(values, words, size);
        words += words_of(program, stimulus->group, stimulus->form == BITS);
    }
    return words;
}

uint32_t *read_out(const Program *program, uint32_t phase, uint32_t *words) {
    for (uint32_t r = 0; r < program->reading_count; r++) {
        const Reading *reading = &program->readings[r];
        const int64_t *values = slot_of(program, reading->group, reading->slot);
        uint32_t size = program->groups[reading->group].size;
        if (reading->phase != phase) continue;
        if (reading->is_bits)
            take_bits(words, values, size);
        else
            take_numbers(words, values, size);
        words += words_of(program, reading->group, reading->is_bits);
    }
    return words;
}
