/* Why a request is refused: a code of the protocol, and its detail. Code 0 refuses nothing. */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <stdint.h>

enum {
    ACCEPTED,
    UNKNOWN_TYPE,
    CORRUPTED,
    WRONG_LENGTH,
    NO_PROGRAM,
    NOT_A_PROGRAM,
    NO_SUCH_PLACE,
    DOES_NOT_FIT,
    ANSWER_TOO_LONG,
    WRONG_VERSION
};

typedef struct {
    uint32_t code, detail;
} Refusal;

static inline Refusal refused(uint32_t code, uint32_t detail) {
    Refusal refusal;
    refusal.code = code;
    refusal.detail = detail;
    return refusal;
}

static inline Refusal accepted(void) {
    return refused(ACCEPTED, 0);
}

#endif
