/* What arrives at neurons through matrices of synapses. */
#ifndef EDGES_H
#define EDGES_H

#include "program.h"

void edges_deliver_constants(const Program *program); /* to slots that begin with 0 */
void edges_deliver(const Program *program);           /* to ports, and then all edges that are not constant */

#endif
