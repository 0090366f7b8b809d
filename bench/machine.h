/* On what the figures were measured. */
#ifndef ENS_BENCH_MACHINE_H
#define ENS_BENCH_MACHINE_H

#define ENS_MACHINE_TEXT 160u

#if defined(__clang__)
#define ENS_MACHINE_COMPILER "clang " __clang_version__
#else
#define ENS_MACHINE_COMPILER "gcc " __VERSION__
#endif

typedef struct {
    char processor[ENS_MACHINE_TEXT]; /* "AMD EPYC" */
    char features[ENS_MACHINE_TEXT];  /* of those that matter here: "sha_ni avx2 avx512f" */
    char system[ENS_MACHINE_TEXT];    /* "Linux 6.1 x86_64" */
    char compiler[ENS_MACHINE_TEXT];
    char libraries[ENS_MACHINE_TEXT * 2]; /* "OpenSSL 3.0.19, libxml2 2.9.14 …" */
    char counters[ENS_MACHINE_TEXT];      /* why instructions and cycles aren't counted; empty where they are */
    unsigned cores;
} ens_machine;

void ens__machine_read(ens_machine *out);

#endif
