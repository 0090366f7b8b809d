/* Many certificates judged by several threads: reports in the order of the inputs, progress and a summary on stderr. */
#ifndef ENS_CLI_CERT_BATCH_H
#define ENS_CLI_CERT_BATCH_H

#include "cli/command.h"
#include "engine/base/file.h"
#include "show/order.h"
#include "show/preflight.h"

/* Where the reports of a batch of certificates go: text, JSON lines or HTML; to standard output, to a file that appears
 * whole, or (HTML) to a folder with a page each and an index. Workers render, one thread takes in order. */
typedef enum { ENS_FORMAT_TEXT = 0, ENS_FORMAT_JSON, ENS_FORMAT_HTML } ens_format;

typedef struct {
    ens_format format;
    const char *to;  /* file, folder, NULL or "-": standard output */
    bool folder;     /* to is one */
    bool all, brief; /* text: passed checks, too; a line each */
    ens__page page;  /* how text looks; its buffer isn't used */
    size_t num;      /* certificates */
    ens_buf *row;    /* HTML: a row of the index for each */
    ens_buf body;    /* HTML in one page: the sections */
    ens_draft draft;
    ens_err err; /* the first that went wrong while taking */
} ens_cert_output;

/* ens__cert_output_open makes ready for num certificates; close it in either case.
 * Errors  ENS_EIO, ENS_ENOMEM */
ENS_CHECK ens_code ens__cert_output_open(ens_cert_output *o, size_t num, ens_err *err);

/* ens__cert_output_render writes what there is to say of certificate i into result: by any thread, for different i at
 * once. ens__cert_output_request does so for a certificate request, of which HTML has its line alone;
 * ens__cert_output_fault does so for a file that can't be judged, err why. False when that failed. */
bool ens__cert_output_render(ens_cert_output *o, size_t i, const ens__preflight_view *checked, ens_buf *result,
                             ens_err *err);
bool ens__cert_output_request(ens_cert_output *o, size_t i, const ens__request_view *judged, ens_buf *result);
bool ens__cert_output_fault(ens_cert_output *o, size_t i, const char *file, const ens_err *why, ens_buf *result);

/* ens__cert_output_take takes results in order; ens__cert_output_end finishes, and puts a file in its place.
 * Errors  of end: ENS_EIO, ENS_ELIMIT, ENS_ENOMEM; those of take come out there */
void ens__cert_output_take(ens_cert_output *o, size_t i, ens_slice result);
ENS_CHECK ens_code ens__cert_output_end(ens_cert_output *o, ens_err *err);
void ens__cert_output_close(ens_cert_output *o);

typedef struct {
    const char *name;                     /* of the command, for messages */
    const ens_preflight_options *options; /* shared by all threads */
    const ens__tls_purpose *tls;          /* judge what a client of TLS shows; NULL: seals */
    const char *pass_file, *eori;
    bool now; /* the time is the clock's */
    unsigned threads;
} ens_cert_batch;

/* ens__cert_batch_run judges the files and hands their reports to the output, which is open. Returns the exit status.
 */
int ens__cert_batch_run(const ens_cert_batch *batch, const ens_values *files, ens_cert_output *output);

#endif
