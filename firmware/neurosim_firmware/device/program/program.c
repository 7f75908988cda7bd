#include "program.h"

#include <string.h>

#include "check.h"
#include "crc.h"
#include "sizes.h"

static uint32_t stored[PROGRAM_WORDS];
static uint32_t taken, announced; /* words so far, and in all */

static void begin_slot(Group *group, uint32_t slot) {
    const uint32_t *beginning = group->beginnings + 3 * slot;
    int64_t value = (int64_t)((uint64_t)beginning[2] << 32 | beginning[1]);
    int64_t *values = group->values + (uint64_t)slot * group->size;
    for (uint32_t i = 0; i < group->size; i++) values[i] = value;
}

static void begin_slots(Program *program, int kept_too) {
    for (uint32_t g = 0; g < program->group_count; g++) {
        Group *group = &program->groups[g];
        for (uint32_t slot = 0; slot < group->slots; slot++)
            if (kept_too || !group->beginnings[3 * slot]) begin_slot(group, slot);
    }
}

void program_begin_trial(Program *program) {
    begin_slots(program, 0);
}

void program_forget(Program *program) {
    program->word_count = program->crc = 0;
    taken = announced = 0;
}

static Refusal make_current(Program *program, uint32_t words, uint32_t crc) {
    Refusal refusal = program_check(program, stored, words);
    if (refusal.code) return refusal;
    for (uint32_t m = 0; m < program->matrix_count; m++)
        memset(program->matrices[m].mantissas, 0, program->matrices[m].count * sizeof(int16_t));
    begin_slots(program, 1);
    program->crc = crc;
    return accepted();
}

Refusal program_take(Program *program, uint32_t total, uint32_t first, const uint32_t *words, uint32_t count,
                     uint32_t *crc) {
    if (total > PROGRAM_WORDS) return refused(DOES_NOT_FIT, 0);
    if (first == 0) {
        program_forget(program);
        announced = total;
    }
    if (first != taken || total != announced || count > total - taken) return refused(NO_SUCH_PLACE, first);
    memcpy(stored + taken, words, 4 * (size_t)count);
    taken += count;
    *crc = crc32_of(stored, 4 * taken);
    if (taken < total) return accepted();
    taken = announced = 0; /* what comes next is another program */
    return make_current(program, total, *crc);
}
