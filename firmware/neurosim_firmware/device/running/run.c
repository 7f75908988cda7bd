#include "run.h"

#include "edges.h"
#include "lists.h"
#include "shown.h"

static uint64_t at_most_too_many(uint64_t words) {
    return words < TOO_MANY ? words : TOO_MANY;
}

static uint64_t product(uint64_t times, uint64_t words) {
    return words && times > TOO_MANY / words ? TOO_MANY : times * words;
}

/* The last phase that has steps, or NONE. */
static uint32_t last_phase(const Program *program, const Run *run) {
    uint32_t phase = program->phase_count;
    while (phase && !run->steps[phase - 1]) phase--;
    return phase - 1;
}

static int phase_ends(const Program *program, const Run *run, uint32_t phase) {
    return run->steps[phase] && !(run->flags & GOES_ON_LATER && phase == last_phase(program, run));
}

static uint64_t all_steps(const Program *program, const Run *run) {
    uint64_t steps = 0;
    for (uint32_t phase = 0; phase < program->phase_count; phase++) steps += run->steps[phase];
    return steps;
}

uint64_t run_shown_words(const Program *program, const Run *run) {
    uint64_t in_steps = product(all_steps(program, run), at_most_too_many(shown_words(program, 0)));
    return product(run->trials, at_most_too_many(in_steps + shown_words(program, 1)));
}

uint64_t run_read_words(const Program *program, const Run *run) {
    uint64_t words = product(all_steps(program, run), at_most_too_many(read_words(program, NONE)));
    for (uint32_t phase = 0; phase < program->phase_count; phase++)
        if (phase_ends(program, run, phase)) words += read_words(program, phase);
    return product(run->trials, at_most_too_many(words));
}

static void compute_present(Program *program, uint32_t phase) {
    for (uint32_t g = 0; g < program->group_count; g++)
        list_compute(step_list(program, phase, g, PRESENT), &program->groups[g], NONE);
}

static void compute_update(Program *program, uint32_t phase) {
    for (uint32_t g = 0; g < program->group_count; g++) {
        Group *group = &program->groups[g];
        const uint32_t *spike = step_list(program, phase, g, SPIKE);
        list_compute(step_list(program, phase, g, UPDATE), group, NONE);
        list_compute(spike, group, NONE);
        if (spike && *spike) list_compute(step_list(program, phase, g, RESET_SPIKED), group, spike[1]);
    }
}

static void compute_assign(Program *program, uint32_t phase) {
    for (uint32_t g = 0; g < program->group_count; g++)
        list_compute(assign_list(program, phase, g), &program->groups[g], NONE);
}

static void run_trial(Program *program, const Run *run, const uint32_t **shown, uint32_t **read) {
    if (!(run->flags & GOES_ON_FROM_LAST)) program_begin_trial(program);
    *shown = show(program, 1, *shown);
    if (program->phase_count) compute_present(program, 0);
    edges_deliver_constants(program);
    for (uint32_t phase = 0; phase < program->phase_count; phase++) {
        for (uint32_t step = 0; step < run->steps[phase]; step++) {
            *shown = show(program, 0, *shown);
            compute_present(program, phase);
            edges_deliver(program);
            compute_update(program, phase);
            *read = read_out(program, NONE, *read);
        }
        if (!phase_ends(program, run, phase)) continue;
        *read = read_out(program, phase, *read);
        compute_assign(program, phase);
    }
}

void run_trials(Program *program, const Run *run, const uint32_t *shown, uint32_t *read) {
    for (uint32_t trial = 0; trial < run->trials; trial++) run_trial(program, run, &shown, &read);
}
