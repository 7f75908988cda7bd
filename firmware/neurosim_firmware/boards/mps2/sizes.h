/* Of the 4 MB of memory at 0x20000000: 2 MB mantissas, 0.5 MB values and as much for fresh ones, 0.5 MB buffers, 0.25 MB
 * words of a program. */
#define BUFFER (1u << 18)
#define PROGRAM_WORDS (1u << 16)
#define VALUES (1u << 16)
#define SYNAPSES (1u << 20)
#define GROUPS 64u
#define MATRICES 64u
#define BLOCK 16u
