/* What every fuzz target shares. A target is one file fuzz_<noun>.c that ends with
 *
 *     ENS_FUZZ_TARGET(noun)
 *     {
 *         ... ENS_HOLDS(property); ...
 *     }
 *
 * where data and size are the input. Built with ENSIGN_FUZZ it is a libFuzzer program of its own; otherwise it joins
 * the tests, where the suite fuzz/replay runs it over tests/fuzz/corpus/<noun>/ and over small alterations of those
 * files. */
#ifndef ENS_TESTS_FUZZ_TARGET_H
#define ENS_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef ENSIGN_FUZZ_ALONE

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENS_FUZZ_TARGET(noun)                                                                                          \
    static void target(const uint8_t *data, size_t size);                                                              \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                                       \
    {                                                                                                                  \
        target(data, size);                                                                                            \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static void target(const uint8_t *data, size_t size)

#define ENS_HOLDS(property)                                                                                            \
    do {                                                                                                               \
        if (!(property)) {                                                                                             \
            fprintf(stderr, "%s:%d: broken property: %s\n", __FILE__, __LINE__, #property);                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#else

typedef struct ens_fuzz_target {
    const char *noun;
    void (*run)(const uint8_t *data, size_t size);
    struct ens_fuzz_target *next;
} ens_fuzz_target;

void ens_fuzz_add(ens_fuzz_target *target);
void ens_fuzz_broken(const char *property, const char *file, unsigned line);

#define ENS_FUZZ_TARGET(noun)                                                                                          \
    static void target_##noun(const uint8_t *data, size_t size);                                                       \
    __attribute__((constructor)) static void add_target_of_this_file(void)                                             \
    {                                                                                                                  \
        static ens_fuzz_target target = {#noun, target_##noun, NULL};                                                  \
        ens_fuzz_add(&target);                                                                                         \
    }                                                                                                                  \
    static void target_##noun(const uint8_t *data, size_t size)

#define ENS_HOLDS(property)                                                                                            \
    do {                                                                                                               \
        if (!(property))                                                                                               \
            ens_fuzz_broken(#property, __FILE__, __LINE__);                                                            \
    } while (0)

#endif
#endif
