/* soak_<noun> N [SEED]: a target that makes its inputs from scripts, over N scripts of a generator's own, mostly short
 * ones. It needs no libFuzzer and so runs in any build: a long run in the one without sanitizers, a shorter one under
 * them (./dev soak). */
#include "tests/fuzz/target.h"

#include <stdbool.h>

#define SCRIPT_MAX 16u /* bytes */

/* soak_tell, where a target has it, says what came of its inputs; false: not what should have come. */
bool soak_tell(void) __attribute__((weak));

static uint64_t state;

/* next_random is xorshift64*. */
static uint64_t next_random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1Du;
}

int main(int argc, char **argv)
{
    unsigned long long num = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261001;
    if (!num || !state) {
        fprintf(stderr, "usage: %s EXECUTIONS [SEED]\n", argv[0]);
        return 2;
    }
    printf("%s: %llu executions, seed %llu\n", argv[0], num, (unsigned long long)state);
    for (; num; num--) {
        uint8_t script[SCRIPT_MAX];
        size_t len = 0;
        uint64_t bits = next_random();
        do {
            uint64_t step = next_random();
            script[len++] = (uint8_t)step;
            script[len++] = (uint8_t)(step >> 8);
            bits >>= 1;
        } while (len + 2 <= sizeof script && bits & 1);
        LLVMFuzzerTestOneInput(script, len);
    }
    return soak_tell && !soak_tell();
}
