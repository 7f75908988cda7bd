/* Lists of simultaneous equations, computed for all neurons of a group. */
#ifndef LISTS_H
#define LISTS_H

#include "program.h"

/* For those neurons alone whose slot `only` is not 0, or for all where it is NONE. A list of 0 is empty. */
void list_compute(const uint32_t *list, Group *group, uint32_t only);

#endif
