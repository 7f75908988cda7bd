#include "edges.h"

#include <string.h>

/* Sums keep their lower 64 bits, as those of code do, and are therefore the same in any order. */
typedef struct {
    const int64_t *source;
    uint64_t *target;
    uint32_t rows, columns, shift;
} Way;

static void deliver_to_columns(const int16_t *mantissa, Way way) {
    for (uint32_t row = 0; row < way.rows; row++, mantissa += way.columns) {
        const uint64_t x = (uint64_t)way.source[row] << way.shift;
        if (!x) continue;
        for (uint32_t column = 0; column < way.columns; column++)
            way.target[column] += x * (uint64_t)(int64_t)mantissa[column];
    }
}

static void deliver_to_rows(const int16_t *mantissa, Way way) {
    for (uint32_t row = 0; row < way.rows; row++, mantissa += way.columns) {
        uint64_t sum = 0;
        for (uint32_t column = 0; column < way.columns; column++)
            sum += (uint64_t)way.source[column] * (uint64_t)(int64_t)mantissa[column];
        way.target[row] += sum << way.shift;
    }
}

static void deliver(const Program *program, const Edge *edge) {
    const Matrix *matrix = &program->matrices[edge->matrix];
    Way way;
    way.source = slot_of(program, edge->source, edge->source_slot);
    way.target = (uint64_t *)slot_of(program, edge->target, edge->target_slot);
    way.rows = program->groups[matrix->rows].size;
    way.columns = program->groups[matrix->columns].size;
    way.shift = edge->shift;
    if (edge->flags & FROM_COLUMNS)
        deliver_to_rows(matrix->mantissas, way);
    else
        deliver_to_columns(matrix->mantissas, way);
}

static void deliver_all(const Program *program, uint32_t constant) {
    for (uint32_t e = 0; e < program->edge_count; e++)
        if ((program->edges[e].flags & CONSTANT) == constant) deliver(program, &program->edges[e]);
}

static void clear(const Program *program, uint32_t group, uint32_t slot) {
    memset(slot_of(program, group, slot), 0, program->groups[group].size * sizeof(int64_t));
}

void edges_deliver_constants(const Program *program) {
    for (uint32_t e = 0; e < program->edge_count; e++)
        if (program->edges[e].flags & CONSTANT) clear(program, program->edges[e].target, program->edges[e].target_slot);
    deliver_all(program, CONSTANT);
}

static void begin_port(const Program *program, const Port *port) {
    if (port->begins_with == NONE)
        clear(program, port->group, port->slot);
    else if (port->begins_with != port->slot)
        memcpy(slot_of(program, port->group, port->slot), slot_of(program, port->group, port->begins_with),
               program->groups[port->group].size * sizeof(int64_t));
}

void edges_deliver(const Program *program) {
    for (uint32_t p = 0; p < program->port_count; p++) begin_port(program, &program->ports[p]);
    deliver_all(program, 0);
}
