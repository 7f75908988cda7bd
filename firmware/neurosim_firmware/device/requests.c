#include "requests.h"

#include <string.h>

#include "crc.h"
#include "platform.h"
#include "program.h"
#include "run.h"
#include "shown.h"
#include "sizes.h"

enum { VERSION = 1, ANSWER = 0x80, REFUSE = 0xFF, TEXT = 32 };
enum { GAP_FURTHER = 0xFFFF, PLACES_FURTHER = 65534 };

static Program program;
static uint32_t boot_id, trials_run, refused_requests;

/* The payload of an answer, which grows. */
typedef struct {
    uint32_t *words, length; /* length in bytes */
} Answer;

static void put(Answer *answer, uint32_t word) {
    answer->words[answer->length / 4] = word;
    answer->length += 4;
}

static void put_text(Answer *answer, const char *text) {
    char *to = (char *)answer->words + answer->length;
    memset(to, 0, TEXT);
    for (int i = 0; i < TEXT && text[i]; i++) to[i] = text[i];
    answer->length += TEXT;
}

static Refusal hello(const Frame *frame, Answer *answer) {
    if (frame->length != 8) return refused(WRONG_LENGTH, frame->length);
    if (frame->payload[0] != VERSION) return refused(WRONG_VERSION, VERSION);
    if (!boot_id) boot_id = frame->payload[1];
    put(answer, VERSION);
    put(answer, platform_kind());
    put(answer, boot_id);
    put(answer, platform_hz());
    put(answer, trials_run);
    put(answer, BUFFER);
    put(answer, PROGRAM_WORDS);
    put(answer, VALUES);
    put(answer, SYNAPSES);
    put(answer, GROUPS);
    put(answer, MATRICES);
    for (int i = 0; i < 4; i++) put(answer, PROGRAM_WORDS); /* edges, phases, readings, stimuli: as words allow */
    put_text(answer, platform_name());
    put_text(answer, platform_serial());
    return accepted();
}

static Refusal load(const Frame *frame, Answer *answer) {
    uint32_t crc;
    Refusal refusal;
    if (frame->length < 8 || frame->length % 4) return refused(WRONG_LENGTH, frame->length);
    refusal = program_take(&program, frame->payload[0], frame->payload[1], frame->payload + 2, frame->length / 4 - 2, &crc);
    if (!refusal.code) put(answer, crc);
    return refusal;
}

/* The matrix or the group of a request is there, and so is what its payload begins with. */
static Refusal find_matrix(const Frame *frame, Matrix **matrix) {
    if (!program.word_count) return refused(NO_PROGRAM, 0);
    if (frame->length < 4) return refused(WRONG_LENGTH, frame->length);
    if (frame->payload[0] >= program.matrix_count) return refused(NO_SUCH_PLACE, frame->payload[0]);
    *matrix = &program.matrices[frame->payload[0]];
    return accepted();
}

static Refusal find_slot(const Frame *frame, const Group **group, int64_t **values) {
    if (!program.word_count) return refused(NO_PROGRAM, 0);
    if (frame->length < 8) return refused(WRONG_LENGTH, frame->length);
    if (frame->payload[0] >= program.group_count) return refused(NO_SUCH_PLACE, frame->payload[0]);
    *group = &program.groups[frame->payload[0]];
    if (frame->payload[1] >= (*group)->slots) return refused(NO_SUCH_PLACE, frame->payload[1]);
    *values = slot_of(&program, frame->payload[0], frame->payload[1]);
    return accepted();
}

static Refusal stored(const Matrix *matrix, Answer *answer) {
    put(answer, crc32_of(matrix->mantissas, matrix->count * (uint32_t)sizeof(int16_t)));
    return accepted();
}

static Refusal write(const Frame *frame, Answer *answer) {
    Matrix *matrix;
    uint32_t first, count;
    Refusal refusal = find_matrix(frame, &matrix);
    if (refusal.code) return refusal;
    if (frame->length < 8 || frame->length % 2) return refused(WRONG_LENGTH, frame->length);
    first = frame->payload[1];
    count = (frame->length - 8) / 2;
    if (first > matrix->count || count > matrix->count - first) return refused(NO_SUCH_PLACE, first);
    memcpy(matrix->mantissas + first, frame->payload + 2, count * sizeof(int16_t));
    return stored(matrix, answer);
}

/* Goes through a delta, and stores it if it is to. */
static Refusal follow(const uint32_t *pairs, uint32_t count, const Matrix *matrix, int is_to_store) {
    uint64_t behind = 0; /* one more than the place */
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t gap = pairs[i] & 0xFFFF;
        const int16_t mantissa = (int16_t)(pairs[i] >> 16);
        if (gap == GAP_FURTHER && mantissa == 0) {
            behind += PLACES_FURTHER;
            continue;
        }
        behind += gap;
        if (behind == 0 || behind > matrix->count) return refused(NO_SUCH_PLACE, (uint32_t)(behind - 1));
        if (is_to_store) matrix->mantissas[behind - 1] = mantissa;
    }
    return accepted();
}

static Refusal write_delta(const Frame *frame, Answer *answer) {
    const uint32_t *pairs = frame->payload + 1;
    Matrix *matrix;
    Refusal refusal = find_matrix(frame, &matrix);
    if (refusal.code) return refusal;
    if (frame->length % 4) return refused(WRONG_LENGTH, frame->length);
    refusal = follow(pairs, frame->length / 4 - 1, matrix, 0);
    if (refusal.code) return refusal;
    follow(pairs, frame->length / 4 - 1, matrix, 1);
    return stored(matrix, answer);
}

static Refusal set(const Frame *frame, Answer *answer) {
    const Group *group;
    int64_t *values;
    Refusal refusal = find_slot(frame, &group, &values);
    if (refusal.code) return refusal;
    if (frame->length != 8 + 4 * (uint64_t)group->size) return refused(WRONG_LENGTH, frame->length);
    store_numbers(values, frame->payload + 2, group->size);
    take_numbers(answer->words, values, group->size);
    put(answer, crc32_of(answer->words, 4 * group->size));
    return accepted();
}

static Refusal get(const Frame *frame, Answer *answer) {
    const Group *group;
    int64_t *values;
    Refusal refusal = find_slot(frame, &group, &values);
    if (refusal.code) return refusal;
    if (frame->length != 8) return refused(WRONG_LENGTH, frame->length);
    if (group->size > BUFFER / 4) return refused(ANSWER_TOO_LONG, 4 * group->size);
    take_numbers(answer->words, values, group->size);
    answer->length = 4 * group->size;
    return accepted();
}

static Refusal check_run(const Frame *frame, const Run *run) {
    uint64_t words = frame->length / 4, begin = 2 + (uint64_t)program.phase_count, read;
    if (frame->length % 4 || words < begin) return refused(WRONG_LENGTH, frame->length);
    if (run->flags > (GOES_ON_FROM_LAST | GOES_ON_LATER)) return refused(NO_SUCH_PLACE, run->flags);
    if (run->flags && run->trials != 1) return refused(NO_SUCH_PLACE, run->trials);
    if (words != begin + run_shown_words(&program, run)) return refused(WRONG_LENGTH, frame->length);
    read = 4 + run_read_words(&program, run);
    return read > BUFFER / 4 ? refused(ANSWER_TOO_LONG, (uint32_t)(4 * read)) : accepted();
}

static Refusal run(const Frame *frame, Answer *answer) {
    uint64_t began = platform_ticks(), ticks;
    Run asked;
    Refusal refusal;
    if (!program.word_count) return refused(NO_PROGRAM, 0);
    asked.flags = frame->payload[0];
    asked.trials = frame->payload[1];
    asked.steps = frame->payload + 2;
    refusal = check_run(frame, &asked);
    if (refusal.code) return refusal;
    run_trials(&program, &asked, asked.steps + program.phase_count, answer->words + 4);
    trials_run += asked.trials;
    ticks = platform_ticks() - began;
    put(answer, asked.trials);
    put(answer, (uint32_t)ticks);
    put(answer, (uint32_t)(ticks >> 32));
    put(answer, 0); /* steps are as long as they take */
    answer->length += (uint32_t)(4 * run_read_words(&program, &asked));
    return accepted();
}

static Refusal status(const Frame *frame, Answer *answer) {
    uint64_t ticks = platform_ticks();
    if (frame->length) return refused(WRONG_LENGTH, frame->length);
    put(answer, boot_id);
    put(answer, frames_dropped());
    put(answer, refused_requests);
    put(answer, trials_run);
    put(answer, 0); /* steps that took longer than they were to */
    put(answer, program.crc);
    put(answer, (uint32_t)ticks);
    put(answer, (uint32_t)(ticks >> 32));
    return accepted();
}

static Refusal reset(const Frame *frame, Answer *answer) {
    (void)answer;
    if (frame->length) return refused(WRONG_LENGTH, frame->length);
    program_forget(&program);
    return accepted();
}

typedef Refusal (*Request)(const Frame *, Answer *);
static const Request requests[] = {0, hello, load, write, run, status, reset, set, write_delta, get};

static Refusal answer_to(const Frame *frame, Answer *answer) {
    if (!frame->is_sound) return refused(CORRUPTED, 0);
    if (frame->type == 0 || frame->type >= sizeof requests / sizeof *requests)
        return refused(UNKNOWN_TYPE, frame->type);
    return requests[frame->type](frame, answer);
}

void request_answer(const Frame *frame) {
    Answer answer = {frames_answer(), 0};
    Refusal refusal = answer_to(frame, &answer);
    if (!refusal.code) {
        frames_send((uint8_t)(ANSWER + frame->type), frame->sequence, answer.length);
        return;
    }
    refused_requests += refusal.code != CORRUPTED;
    answer.length = 0;
    put(&answer, refusal.code);
    put(&answer, refusal.detail);
    frames_send(REFUSE, frame->sequence, answer.length);
}
