#include "check.h"

#include "code.h"
#include "sizes.h"

enum { MAGIC = 0x3150534E, HEAD_WORDS = 10, EQUATION_WORDS = 2 };
enum { HEAD, GROUPS_SECTION, MATRICES_SECTION };

static Group groups[GROUPS];
static Matrix matrices[MATRICES];
static int64_t values[VALUES];
static int16_t mantissas[SYNAPSES];

/* Where in the words a check is. */
typedef struct {
    Program *program;
    const uint32_t *words;
    uint32_t count, at;
} Place;

static int words_left(const Place *place, uint64_t words) {
    return words <= place->count - place->at;
}

static Refusal wrong(uint32_t word) {
    return refused(NOT_A_PROGRAM, word);
}

static Refusal wrong_here(const Place *place) {
    return wrong(place->at);
}

static int is_slot(const Program *program, uint32_t group, uint32_t slot) {
    return group < program->group_count && slot < program->groups[group].slots;
}

static Refusal check_head(Place *place) {
    Program *program = place->program;
    const uint32_t *word = place->words;
    if (!words_left(place, HEAD_WORDS) || word[0] != MAGIC) return wrong_here(place);
    if (word[1] != place->count) return wrong(1);
    if (word[9] > MOST_STACK) return wrong(9);
    program->words = word;
    program->group_count = word[2];
    program->matrix_count = word[3];
    program->edge_count = word[4];
    program->port_count = word[5];
    program->reading_count = word[6];
    program->stimulus_count = word[7];
    program->phase_count = word[8];
    program->stack = word[9];
    place->at = HEAD_WORDS;
    return accepted();
}

static Refusal check_group(Place *place, Group *group, uint64_t *used) {
    const uint32_t *word = place->words + place->at;
    if (!words_left(place, 2) || !words_left(place, 2 + 3 * (uint64_t)word[1])) return wrong_here(place);
    group->size = word[0];
    group->slots = word[1];
    group->beginnings = word + 2;
    group->values = values + *used;
    *used += (uint64_t)group->size * group->slots;
    if (*used > VALUES || group->size > VALUES) return refused(DOES_NOT_FIT, GROUPS_SECTION);
    place->at += 2;
    for (uint32_t slot = 0; slot < group->slots; slot++, place->at += 3)
        if (place->words[place->at] > 1) return wrong_here(place);
    return accepted();
}

static Refusal check_groups(Place *place) {
    Program *program = place->program;
    uint64_t used = 0;
    if (program->group_count > GROUPS) return refused(DOES_NOT_FIT, GROUPS_SECTION);
    program->groups = groups;
    for (uint32_t g = 0; g < program->group_count; g++) {
        Refusal refusal = check_group(place, &groups[g], &used);
        if (refusal.code) return refusal;
    }
    return accepted();
}

static Refusal check_matrices(Place *place) {
    Program *program = place->program;
    uint64_t used = 0;
    if (program->matrix_count > MATRICES) return refused(DOES_NOT_FIT, MATRICES_SECTION);
    if (!words_left(place, 2 * (uint64_t)program->matrix_count)) return wrong_here(place);
    program->matrices = matrices;
    for (uint32_t m = 0; m < program->matrix_count; m++, place->at += 2) {
        const uint32_t *word = place->words + place->at;
        uint64_t count;
        if (word[0] >= program->group_count || word[1] >= program->group_count) return wrong_here(place);
        count = (uint64_t)groups[word[0]].size * groups[word[1]].size;
        if (count > SYNAPSES - used) return refused(DOES_NOT_FIT, MATRICES_SECTION);
        matrices[m].rows = word[0];
        matrices[m].columns = word[1];
        matrices[m].count = (uint32_t)count;
        matrices[m].mantissas = mantissas + used;
        used += count;
    }
    return accepted();
}

/* It goes along its matrix, and does not add to the slot that it reads. */
static int goes_along_its_matrix(const Program *program, const Edge *edge) {
    const Matrix *matrix = program->matrices + edge->matrix;
    int is_back = edge->flags & FROM_COLUMNS;
    return is_slot(program, edge->source, edge->source_slot) && is_slot(program, edge->target, edge->target_slot) &&
           edge->source == (is_back ? matrix->columns : matrix->rows) &&
           edge->target == (is_back ? matrix->rows : matrix->columns) &&
           !(edge->source == edge->target && edge->source_slot == edge->target_slot);
}

static int is_edge(const Program *program, const Edge *edge) {
    return edge->matrix < program->matrix_count && edge->flags <= (FROM_COLUMNS | CONSTANT) &&
           edge->shift <= MOST_SHIFT && goes_along_its_matrix(program, edge);
}

static int is_port(const Program *program, const Port *port) {
    return is_slot(program, port->group, port->slot) &&
           (port->begins_with == NONE || is_slot(program, port->group, port->begins_with));
}

static int is_reading(const Program *program, const Reading *reading) {
    return is_slot(program, reading->group, reading->slot) && reading->is_bits <= 1 &&
           (reading->phase == NONE || reading->phase < program->phase_count);
}

static int is_stimulus(const Program *program, const Stimulus *stimulus) {
    return is_slot(program, stimulus->group, stimulus->slot) && stimulus->form <= BITS;
}

/* A section of entries that are as the program has them: `entries` becomes where they lie, and each `is_sound`. */
#define CHECK_SECTION(name, Entry, entries, entry_count, is_sound)                                                    \
    static Refusal name(Place *place) {                                                                              \
        Program *program = place->program;                                                                           \
        const uint32_t width = sizeof(Entry) / 4;                                                                    \
        if (!words_left(place, width * (uint64_t)program->entry_count)) return wrong_here(place);                    \
        program->entries = (const Entry *)(place->words + place->at);                                                \
        for (uint32_t i = 0; i < program->entry_count; i++, place->at += width)                                      \
            if (!is_sound(program, &program->entries[i])) return wrong_here(place);                                  \
        return accepted();                                                                                           \
    }

CHECK_SECTION(check_edges, Edge, edges, edge_count, is_edge)
CHECK_SECTION(check_ports, Port, ports, port_count, is_port)
CHECK_SECTION(check_readings, Reading, readings, reading_count, is_reading)
CHECK_SECTION(check_stimuli, Stimulus, stimuli, stimulus_count, is_stimulus)

static Refusal check_equation(Place *place, const Group *group) {
    const uint32_t *word = place->words + place->at;
    uint32_t length, fault;
    if (!words_left(place, EQUATION_WORDS) || word[0] >= group->slots) return wrong_here(place);
    length = word[1];
    if (!words_left(place, EQUATION_WORDS + (uint64_t)length)) return wrong_here(place);
    fault = code_fault(word + EQUATION_WORDS, length, group->slots, place->program->stack);
    if (fault != NO_FAULT) return wrong(place->at + EQUATION_WORDS + fault);
    place->at += EQUATION_WORDS + length;
    return accepted();
}

/* A list of a group that begins where the lists do or behind; of `most` equations. */
static Refusal check_list(const Place *lists, uint32_t begin, const Group *group, uint32_t most, uint32_t word) {
    Place place = *lists;
    uint32_t equations;
    if (begin == 0) return accepted();
    if (begin < lists->at || begin >= lists->count) return wrong(word);
    equations = place.words[begin];
    if (equations > most) return wrong(begin);
    place.at = begin + 1;
    for (uint32_t k = 0; k < equations; k++) {
        Refusal refusal = check_equation(&place, group);
        if (refusal.code) return refusal;
    }
    return accepted();
}

/* The lists of a group in a phase, of which `words` say where they begin. */
static Refusal check_lists(const Place *lists, const uint32_t *words, uint32_t count, const Group *group) {
    for (uint32_t which = 0; which < count; which++) {
        uint32_t most = count == LISTS_OF_STEP && which == SPIKE ? 1 : NONE;
        Refusal refusal = check_list(lists, words[which], group, most, (uint32_t)(words - lists->words) + which);
        if (refusal.code) return refusal;
    }
    return accepted();
}

static Refusal check_phases(Place *place) {
    Program *program = place->program;
    uint64_t of_phase = (LISTS_OF_STEP + 1) * (uint64_t)program->group_count;
    const uint32_t *word = place->words + place->at;
    if (of_phase && program->phase_count > (place->count - place->at) / of_phase) return wrong_here(place);
    program->phases = word;
    place->at += (uint32_t)(of_phase * program->phase_count);
    for (uint32_t phase = 0; of_phase && phase < program->phase_count; phase++) {
        for (uint32_t g = 0; g < program->group_count; g++, word += LISTS_OF_STEP) {
            Refusal refusal = check_lists(place, word, LISTS_OF_STEP, &groups[g]);
            if (refusal.code) return refusal;
        }
        for (uint32_t g = 0; g < program->group_count; g++, word++) {
            Refusal refusal = check_lists(place, word, 1, &groups[g]);
            if (refusal.code) return refusal;
        }
    }
    return accepted();
}

Refusal program_check(Program *program, const uint32_t *words, uint32_t count) {
    static Refusal (*const sections[])(Place *) = {check_head,  check_groups,   check_matrices, check_edges,
                                                   check_ports, check_readings, check_stimuli,  check_phases};
    Place place = {program, words, count, 0};
    for (uint32_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        Refusal refusal = sections[i](&place);
        if (refusal.code) return refusal;
    }
    program->word_count = count;
    return accepted();
}
