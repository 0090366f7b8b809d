#include "cli/inputs.h"

#include "certs/keys/certfile.h"
#include "cli/pass_phrase.h"
#include "engine/base/file.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#define KEY_FILE_MAX ((size_t)1 << 20)
#define CERTIFICATES_FILE_MAX ((size_t)16 << 20)
#define NONE_HERE "there is no certificate in this folder (.pem, .crt, .cer, .der, .p7b, .p12, .pfx)"
#define PEEK ((size_t)1 << 20) /* of a PEM file that may hold a key alone */

static bool ends_in(const char *name, const char *const *endings)
{
    const char *dot = strrchr(name, '.');
    for (; dot && *endings; endings++)
        if (strcasecmp(dot, *endings) == 0)
            return true;
    return false;
}

static bool is_file(const char *path, const struct dirent *e)
{
    struct stat st;
    return e->d_type == DT_REG ||
           ((e->d_type == DT_UNKNOWN || e->d_type == DT_LNK) && stat(path, &st) == 0 && S_ISREG(st.st_mode));
}

/* holds_certificate looks into PEM files for the label of a certificate. */
static bool holds_certificate(const char *path, const struct dirent *e)
{
    static const char *const all[] = {".pem", ".crt", ".cer", ".der", ".p7b", ".p7c", ".p12", ".pfx", NULL},
                             *const pem[] = {".pem", NULL};
    ens_file file = {0};
    if (!ends_in(e->d_name, all) || !is_file(path, e))
        return false;
    if (!ends_in(e->d_name, pem) || ens__file_open(path, 0, &file, NULL) != ENS_OK)
        return true; /* what can't be read is told when it is its turn */
    ens_slice head = ens_sub(file.bytes, 0, PEEK);
    bool key = ens__find(head, ENS_LIT("-----BEGIN "), 0) != SIZE_MAX &&
               ens__find(head, ENS_LIT("CERTIFICATE-----"), 0) == SIZE_MAX;
    ens__file_close(&file);
    return !key;
}

static bool append_inputs(ens_values *values, const char *path)
{
    if (!path || values->num >= ENS_INPUTS_MAX)
        return false;
    if ((values->num & (values->num - 1)) == 0) {
        const char **grown = realloc(values->item, (values->num ? 2 * values->num : 1) * sizeof *grown);
        if (!grown)
            return false;
        values->item = grown;
    }
    values->item[values->num++] = path;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* holds_message: any file that isn't hidden; what is no message is told when it is its turn. */
static bool holds_message(const char *path, const struct dirent *e)
{
    return e->d_name[0] != '.' && is_file(path, e);
}

static ens_code add_folder(const char *folder, bool (*holds)(const char *, const struct dirent *), const char *none,
                           ens_arena *arena, ens_values *out, ens_err *err)
{
    DIR *dir = opendir(folder);
    size_t before = out->num, len = strlen(folder);
    ens_code code = ENS_OK;
    if (!dir)
        return ens_fail_about(err, ENS_EIO, NULL, "the folder can't be read", folder);
    for (struct dirent *e; code == ENS_OK && (e = readdir(dir));) {
        const char *path =
            ens_arena_printf(arena, "%s%s%s", folder, len && folder[len - 1] == '/' ? "" : "/", e->d_name);
        if (!path || (holds(path, e) && !append_inputs(out, path)))
            code = ens_fail_about(err, ENS_ELIMIT, NULL, "there are too many files in this folder", folder);
    }
    closedir(dir);
    if (code == ENS_OK && out->num == before)
        return ens_fail_about(err, ENS_ESYNTAX, NULL, none, folder);
    qsort(out->item + before, out->num - before, sizeof *out->item, by_name);
    return code;
}

static ens_code add_given(const ens_values *given, bool (*holds)(const char *, const struct dirent *), const char *none,
                          ens_arena *arena, ens_values *out, ens_err *err)
{
    ens_code code = ENS_OK;
    for (size_t i = 0; code == ENS_OK && i < given->num; i++) {
        if (strcmp(given->item[i], "-") != 0 && ens__file_is_folder(given->item[i]))
            code = add_folder(given->item[i], holds, none, arena, out, err);
        else if (!append_inputs(out, given->item[i]))
            code = ens_fail(err, ENS_ELIMIT, NULL, "there are too many files", 0);
    }
    return code;
}

ens_code ens__inputs_of(const ens_values *given, ens_arena *arena, ens_values *out, ens_err *err)
{
    return add_given(given, holds_certificate, NONE_HERE, arena, out, err);
}

ens_code ens__inputs_messages(const ens_values *given, ens_arena *arena, ens_values *out, ens_err *err)
{
    return add_given(given, holds_message, "there is no file in this folder", arena, out, err);
}

ens_code ens__inputs_listed(const char *list, ens_arena *arena, ens_values *out, ens_err *err)
{
    ens_file file = {0};
    ens_code code = ens__file_open(list, 0, &file, err);
    ens_reader r = ens_read(file.bytes);
    for (ens_slice line; code == ENS_OK && ens_left(&r);) {
        if (!ens_take_line(&r, &line)) {
            line = (ens_slice){r.at, ens_left(&r)};
            r.at += line.len;
        }
        const char *path = line.len ? ens_arena_text(arena, line) : NULL;
        if (line.len && (!path || !append_inputs(out, path)))
            code = ens_fail_about(err, ENS_ELIMIT, NULL, "there are too many files in this list", list);
    }
    ens__file_close(&file);
    return code;
}

/* One prompt at a time, though files are read by several threads. */
static pthread_mutex_t prompting = PTHREAD_MUTEX_INITIALIZER;

static ens_code prompt(const char *path, char **pass, ens_err *err)
{
    pthread_mutex_lock(&prompting);
    ens_code code = ens__pass_phrase(NULL, path, true, pass, err);
    pthread_mutex_unlock(&prompting);
    return code;
}

ens_code ens__key_file_open(const char *key, ens_file *out, ens_err *err)
{
    if (!ens_keyring_is_uri(ens_str(key)))
        return ens__file_open_secret(key, KEY_FILE_MAX, out, err);
    char *uri = strdup(key);
    if (!uri)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    ens__no_core_dump(); /* it may name a PIN */
    *out = (ens_file){.bytes = ens_str(uri), .secret = true};
    return ENS_OK;
}

static ens_code open_certificates(const char *path, ens_file *out, ens_err *err)
{
    return ens__file_open_secret(path, CERTIFICATES_FILE_MAX, out, err); /* a PKCS#12 file holds the key, too */
}

static ens_code load_keyring(ens_slice bytes, const char *pass, void *out, ens_err *err)
{
    return ens_keyring_new(bytes, pass, out, err);
}

static ens_code load_certificates(ens_slice bytes, const char *pass, void *out, ens_err *err)
{
    return ens_certificates_new(bytes, pass, out, err);
}

/* load_secret reads a file and loads what it holds; it asks for a pass phrase where one is wanted and none was given.
 */
static ens_code load_secret(const char *path, const char *pass_file,
                            ens_code (*open)(const char *, ens_file *, ens_err *),
                            ens_code (*load)(ens_slice, const char *, void *, ens_err *), void *out, ens_err *err)
{
    ens_file file = {0};
    char *pass = NULL;
    ens_code code = ens__pass_phrase(pass_file, path, false, &pass, err);
    if (code == ENS_OK)
        code = open(path, &file, err);
    if (code == ENS_OK)
        code = load(file.bytes, pass, out, err);
    if (code == ENS_EPASS && !pass) {
        *err = (ens_err){0};
        code = prompt(path, &pass, err);
        code = code == ENS_OK ? load(file.bytes, pass, out, err) : code;
    }
    ens__file_close(&file);
    ens__pass_phrase_free(pass);
    return code;
}

ens_code ens__keyring_open(const char *path, const char *pass_file, ens_keyring **out, ens_err *err)
{
    return load_secret(path, pass_file, ens__key_file_open, load_keyring, out, err);
}

ens_code ens__certificates_open(const char *path, const char *pass_file, ens_certificates **out, ens_err *err)
{
    return load_secret(path, pass_file, open_certificates, load_certificates, out, err);
}

ens_code ens__certificates_open_whole(const char *path, const char *pass_file, ens_certificates **out, ens_err *err)
{
    ens_code code = ens__certificates_open(path, pass_file, out, err);
    if (code != ENS_OK || !ens_certificates_num_unread(*out))
        return code;
    ens_certificates_free(*out);
    *out = NULL;
    return ens_fail(err, ENS_ESYNTAX, "RFC 5280 4.1", "a certificate of the file can't be read", 0);
}

typedef struct {
    ens_certificates **certificates;
    ens_buf *request;
} either;

static ens_code keep_request(void *of, ens_slice der, ens_err *err)
{
    ens_buf *request = of;
    request->len = 0;
    ens_buf_put(request, der);
    return ens_buf_done(request, err);
}

static ens_code load_either(ens_slice bytes, const char *pass, void *out, ens_err *err)
{
    either *e = out;
    bool found = false;
    ens_code code = ens__certfile_request(bytes, keep_request, e->request, &found, err);
    return code != ENS_OK || found ? code : ens_certificates_new(bytes, pass, e->certificates, err);
}

ens_code ens__certificates_or_request_open(const char *path, const char *pass_file, ens_certificates **out,
                                           ens_buf *request, ens_err *err)
{
    return load_secret(path, pass_file, open_certificates, load_either, &(either){out, request}, err);
}
