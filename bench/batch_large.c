/* A document of 100 MB, which the command seals piece by piece. */
#include "bench/batch.h"

#include "engine/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE ((size_t)100 << 20)
#define PIECE ((size_t)64 << 10)

typedef struct {
    char folder[40], document[64], key[64], chain[64], message[64];
} desk;

/* write_document is never held as a whole: what the process that measures takes would be told of the other. */
static ens_code write_document(const char *path, ens_err *err)
{
    ens_draft draft;
    ens_buf piece;
    size_t made = 0;
    ens_code code = ens__draft_open(path, 0600, &draft, err);
    ens_buf_init(&piece, NULL, 0, 2 * PIECE);
    ens_buf_text(&piece, "<IE3F26 xmlns=\"urn:wco:datamodel:eu:ics2:2\"><LRN>BENCH-1</LRN>");
    for (unsigned i = 0; made < SIZE && code == ENS_OK; i++) {
        ens_buf_printf(&piece, "<goodsItem><number>%u</number><text>%x</text></goodsItem>", i, i * 2654435761u);
        if (piece.len < PIECE)
            continue;
        code = ens__draft_put(&draft, ens_buf_slice(&piece), err);
        made += piece.len;
        piece.len = 0;
    }
    ens_buf_free(&piece);
    if (code == ENS_OK)
        code = ens__draft_put(&draft, ENS_LIT("</IE3F26>"), err);
    return code == ENS_OK ? ens__draft_keep(&draft, err) : code;
}

static ens_code set_desk(desk *d, const ens_sample *sample, ens_err *err)
{
    if (!mkdtemp(d->folder))
        return ens_fail_about(err, ENS_EIO, NULL, "no room for the document", strerror(errno));
    snprintf(d->document, sizeof d->document, "%s/large.xml", d->folder);
    snprintf(d->key, sizeof d->key, "%s/seal.key", d->folder);
    snprintf(d->chain, sizeof d->chain, "%s/seal.pem", d->folder);
    snprintf(d->message, sizeof d->message, "%s/message.mime", d->folder);
    ens_code code = ens__file_write(d->key, ens_buf_slice(&sample->key_pem), 0600, err);
    if (code == ENS_OK)
        code = ens__file_write(d->chain, ens_buf_slice(&sample->chain_pem), 0666, err);
    return code == ENS_OK ? write_document(d->document, err) : code;
}

static void clear_desk(const desk *d)
{
    const char *const file[] = {d->document, d->key, d->chain, d->message};
    for (size_t i = 0; i < sizeof file / sizeof *file; i++)
        if (file[i][0])
            unlink(file[i]);
    rmdir(d->folder);
}

static ens_code measure(const ens_run *run, const desk *d, ens_results *results, ens_err *err)
{
    const char *const argv[] = {
        "ensign",   "seal",   d->document, "--key",    d->key,  "--cert", d->chain, "--from",   "FR73282932000074",
        "--action", "IE3F26", "--at",      FX_AT_TEXT, "--ens", "off",    "-o",     d->message, NULL};
    ens_round_side side = {.argv = argv};
    ens_code code = ens__rounds_take(&side, 1, err);
    ens_round_facts facts = {"cli/seal/100m", 1, 1, (double)SIZE, 0};
    return code == ENS_OK ? ens__rounds_tell(run, &side, &facts, results, err) : code;
}

ens_code ens__batch_large(const ens_run *run, ens_results *results, ens_err *err)
{
    ens_sample sample = {0};
    const ens_input input = {2048, ENS_SAMPLE_ENS, 0};
    desk d = {.folder = "/tmp/ensign-large-XXXXXX"};
    ens_code code = ens__sample_make(&sample, &input, err);
    if (code == ENS_OK) {
        code = set_desk(&d, &sample, err);
        if (code == ENS_OK)
            code = measure(run, &d, results, err);
        clear_desk(&d);
    }
    ens__sample_clear(&sample);
    return code;
}
