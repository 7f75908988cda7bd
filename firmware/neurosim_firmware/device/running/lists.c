#include "lists.h"

#include <string.h>

#include "code.h"
#include "sizes.h"

/* What equations of a block have computed, in the order of their slots: there are never more than values. */
static int64_t fresh[VALUES];

/* A list is a number of equations; an equation is a slot, the length of its code, and its code. */
static const uint32_t *code_of(const uint32_t *equation) {
    return equation + 2;
}
static const uint32_t *behind(const uint32_t *equation) {
    return code_of(equation) + equation[1];
}

static int is_any(const int64_t *values, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (values[i]) return 1;
    return 0;
}

static void store(int64_t *to, const int64_t *from, uint32_t count, const int64_t *where) {
    if (!where)
        memcpy(to, from, count * sizeof *to);
    else
        for (uint32_t i = 0; i < count; i++)
            if (where[i]) to[i] = from[i];
}

static void compute_block(const uint32_t *list, Group *group, uint32_t first, uint32_t count, const int64_t *where) {
    const uint32_t *equation = list + 1;
    for (uint32_t k = 0; k < *list; k++, equation = behind(equation)) {
        const int64_t *values = code_values(code_of(equation), group, first, count);
        memcpy(fresh + (uint64_t)*equation * count, values, count * sizeof *values);
    }
    equation = list + 1;
    for (uint32_t k = 0; k < *list; k++, equation = behind(equation)) {
        int64_t *values = group->values + (uint64_t)*equation * group->size + first;
        store(values, fresh + (uint64_t)*equation * count, count, where);
    }
}

void list_compute(const uint32_t *list, Group *group, uint32_t only) {
    static int64_t where[BLOCK]; /* a copy, as the list may set this slot, too */
    if (!list || !*list) return;
    for (uint32_t first = 0, count; first < group->size; first += count) {
        count = group->size - first < BLOCK ? group->size - first : BLOCK;
        if (only == NONE) {
            compute_block(list, group, first, count, 0);
            continue;
        }
        memcpy(where, group->values + (uint64_t)only * group->size + first, count * sizeof *where);
        if (is_any(where, count)) compute_block(list, group, first, count, where);
    }
}
