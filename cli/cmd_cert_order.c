/* ensign cert order: what to ask a provider of seal certificates for, and the request that goes with it. */
#include "cli/cmd_cert_order.h"

#include "cli/command.h"
#include "cli/inputs.h"
#include "show/order.h"
#include "show/output.h"

#include <openssl/pem.h>
#include <stdio.h>

#define REQUEST_MAX ((size_t)64 << 10)

typedef struct {
    const char *eori, *company, *name, *orgid, *country, *key, *pass_file, *out;
    bool json;
} options;

/* armour writes DER as PEM. */
static void armour(ens_slice der, ens_buf *out)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio && PEM_write_bio(bio, "CERTIFICATE REQUEST", "", der.p, (long)der.len) > 0) {
        long len = BIO_get_mem_data(bio, &text);
        ens_buf_put(out, ens_bytes(text, (size_t)len));
    }
    BIO_free(bio);
}

/* write_request makes the request with the key and writes it. */
static ens_code write_request(const options *o, const ens__order *order, ens_err *err)
{
    ens_keyring *keys = NULL;
    ens_buf der, pem;
    ens_buf_init(&der, NULL, 0, REQUEST_MAX);
    ens_buf_init(&pem, NULL, 0, REQUEST_MAX);
    ens_code code = ens__keyring_open(o->key, o->pass_file, &keys, err);
    if (code == ENS_OK)
        code = ens__order_request(order, keys, &der, err);
    if (code == ENS_OK) {
        armour(ens_buf_slice(&der), &pem);
        code = pem.len ? ens_buf_done(&pem, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    }
    if (code == ENS_OK)
        code = ens__file_write(o->out, ens_buf_slice(&pem), 0666, err);
    ens_keyring_free(keys);
    ens_buf_free(&der);
    ens_buf_free(&pem);
    return code;
}

static void tell_order(const options *o, const ens__order *order)
{
    ens_buf out;
    if (o->json) {
        ens_json j = ens__json_on_stdout(&out);
        ens__order_json(order, o->out, &j);
        ens__json_print(&j);
        return;
    }
    ens__page page = ens__print_begin(&out);
    ens__order_page(order, o->out, &page);
    ens__print_end(&out);
}

static int place_order(const ens_command *command, void *of, const ens_values *operands)
{
    const options *o = of;
    ens__order order;
    ens_err err = {0};
    if (operands->num)
        return ens__command_usage(command, "there is one thing too many: %s", operands->item[0]);
    if (!o->eori)
        return ens__command_usage(command, "no EORI given: --eori EORI");
    if (!o->key != !o->out)
        return ens__command_usage(command, "a request is made with a key and written to a file: --key KEY --csr OUT");
    if (o->out && !o->company)
        return ens__command_usage(command, "a request names the company: --company NAME");
    if (o->out && strcmp(o->out, "-") == 0)
        return ens__command_usage(command, "--csr is a file: what to order stands on standard output");
    if (o->out && ens__file_same(o->out, o->key))
        return ens__command_usage(command, "%s would be written over: give another name to --csr", o->key);
    ens_code code = ens__order_make(o->eori, o->company, o->orgid, o->country, &order, &err);
    if (code == ENS_OK && o->name)
        order.name = o->name;
    if (code == ENS_OK && o->out)
        code = write_request(o, &order, &err);
    if (code != ENS_OK) {
        ens__say_error(command->name, NULL, &err);
        return code == ENS_EPOLICY ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN;
    }
    tell_order(o, &order);
    return ENS_EXIT_GOOD;
}

int ens__cert_order(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"eori", 0, "EORI", "the EORI that the certificate will be registered for", NULL, &o.eori, NULL},
        {"company", 0, "TEXT", "the company's name, as its register has it", NULL, &o.company, NULL},
        {"name", 0, "TEXT", "the common name; the company's where none is given", NULL, &o.name, NULL},
        {"orgid", 0, "ID", "the organizationIdentifier (VATFR-…); found from the EORI where a rule is known", NULL,
         &o.orgid, NULL},
        {"country", 0, "CC", "the subject's country; the EORI's where none is given", NULL, &o.country, NULL},
        {"key", 0, "KEY", "make a request with this key: PEM, PKCS#12, or a pkcs11: URI, whose key stays there", NULL,
         &o.key, NULL},
        {"pass-file", 0, "FILE", "its pass phrase or PIN (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"csr", 0, "OUT", "where the request goes, as PEM", NULL, &o.out, NULL},
        {"json", 0, NULL, "one JSON object on a line", &o.json, NULL, NULL},
    };
    const ens_command command = {
        "cert order", "--eori EORI [--company NAME] [--key KEY --csr OUT] [options]",
        "Says what to ask a provider of seal certificates for: type, key, key usage, the organizationIdentifier\n"
        "from which the EORI follows, chain, device. With --key and --csr it makes the certificate request, too;\n"
        "`ensign cert check` judges it, and the certificate that comes back.\n"
        "Exit status: 1 when the key or the identifier is none that ICS2 would take.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, place_order, &o);
}
