#include "bench/lists.h"

#include "certs/lists/trustlist.h"
#include "fixtures/trustlists.h"

#include <pthread.h>

#define LIST_MAX ((size_t)4 << 20)
#define MEMORY_MAX ((size_t)1 << 20)

static ens_list_sample sample;
static bool ready;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Two states before the present one, as most services have by now. */
static const char history[] =
    "<ServiceHistoryInstance><ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/CA/QC</"
    "ServiceTypeIdentifier><ServiceName>"
    "<Name xml:lang=\"en\">demo "
    "service</Name></ServiceName><ServiceDigitalIdentity><DigitalId><X509SubjectName>CN=Demo CA, C=FR</X509SubjectName>"
    "</DigitalId><DigitalId><X509SKI>vgneD9qugX/Zg2krSBRQtIdy9oE=</X509SKI></DigitalId></ServiceDigitalIdentity>"
    "<ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/undersupervision</ServiceStatus>"
    "<StatusStartingTime>2014-01-01T00:00:00Z</StatusStartingTime></ServiceHistoryInstance>"
    "<ServiceHistoryInstance><ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/CA/QC</"
    "ServiceTypeIdentifier><ServiceName>"
    "<Name xml:lang=\"en\">demo "
    "service</Name></ServiceName><ServiceDigitalIdentity><DigitalId><X509SubjectName>CN=Demo CA, C=FR</X509SubjectName>"
    "</DigitalId><DigitalId><X509SKI>vgneD9qugX/Zg2krSBRQtIdy9oE=</X509SKI></DigitalId></ServiceDigitalIdentity>"
    "<ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/accredited</ServiceStatus>"
    "<StatusStartingTime>2010-01-01T00:00:00Z</StatusStartingTime></ServiceHistoryInstance>";

/* put_services makes a CA for each: the same key, another number. The signature by another key is not looked at, and
 * quickly made. */
static bool put_services(const fx_signers *signers, ens_buf *services)
{
    static const fx_certificate row = {.name = "ca",
                                       .cn = "Demo CA",
                                       .o = "Demo Trust",
                                       .country = "FR",
                                       .usage = "critical,keyCertSign",
                                       .ca = true,
                                       .from = 1767225600,
                                       .to = 2082758400};
    bool good = true;
    for (int i = 0; good && i < (int)ENS_BENCH_SERVICES; i++) {
        X509 *ca = fx_issue(&row, signers->key[FX_SIGNER_FR], NULL, signers->key[FX_SIGNER_BE], 1 + i);
        good = ca != NULL;
        if (ca)
            fx_listed_service_write(services, ca, "CA/QC", "granted", "2016-07-01T00:00:00Z", "ForeSeals", NULL,
                                    history);
        X509_free(ca);
    }
    return good && !services->failed;
}

static bool make_list(void)
{
    static ens_buf list;
    static uint8_t *anchor;
    fx_signers signers;
    ens_buf services, providers;
    ens_buf_init(&list, NULL, 0, LIST_MAX);
    ens_buf_init(&services, NULL, 0, LIST_MAX);
    ens_buf_init(&providers, NULL, 0, LIST_MAX);
    bool good = fx_signers_make(&signers) && put_services(&signers, &services);
    fx_provider_write(&providers, "Demo Trust", "VATFR-44732829320", ens_buf_slice(&services));
    const fx_trustlist l = {
        .territory = "FR", .sequence = 1, .providers = ens_buf_slice(&providers), .signer = FX_SIGNER_FR};
    good = good && fx_trustlist_write(&signers, &l, &list);
    int len = good ? i2d_X509(signers.cert[FX_SIGNER_FR], &anchor) : 0;
    fx_signers_clear(&signers);
    ens_buf_free(&services);
    ens_buf_free(&providers);
    sample.list = ens_buf_slice(&list);
    sample.anchor = ens_bytes(anchor, len > 0 ? (size_t)len : 0);
    return len > 0;
}

static bool make_snapshot(void)
{
    ens_arena arena;
    ens_trustlist list;
    ens_trustlist_reader *reader = ens__trustlist_reader_new();
    static ens_snapshot_writer *writer; /* keeps the bytes */
    writer = ens__writer_new();
    ens_arena_init(&arena, MEMORY_MAX);
    bool good = reader && writer;
    if (good) {
        ens__writer_list_begin(writer);
        good = ens__trustlist_read(reader, sample.list, false, writer, &arena, &list, NULL) == ENS_OK &&
               ens__writer_list_end(writer, &(ens_list){.usable = true, .next_update = list.next_update}, NULL) ==
                   ENS_OK &&
               ens__writer_finish(writer, 1, 1, &sample.snapshot, NULL) == ENS_OK;
    }
    ens__trustlist_reader_free(reader);
    ens_arena_free(&arena);
    return good;
}

static void make(void)
{
    ready = make_list() && make_snapshot();
}

const ens_list_sample *ens__list_sample(void)
{
    pthread_once(&once, make);
    return ready ? &sample : NULL;
}
