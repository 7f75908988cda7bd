/* How much the device holds. A board with less memory says so before this file is read. */
#ifndef SIZES_H
#define SIZES_H

#ifndef BUFFER
#define BUFFER (1u << 22) /* bytes of the largest payload, in each direction; a multiple of 4 */
#endif
#ifndef PROGRAM_WORDS
#define PROGRAM_WORDS (1u << 20)
#endif
#ifndef VALUES
#define VALUES (1u << 22) /* of all slots of all neurons */
#endif
#ifndef SYNAPSES
#define SYNAPSES (1u << 24)
#endif
#ifndef GROUPS
#define GROUPS 256u
#endif
#ifndef MATRICES
#define MATRICES 256u
#endif
#ifndef BLOCK
#define BLOCK 64u /* neurons that an operation of code computes in one go */
#endif

#endif
