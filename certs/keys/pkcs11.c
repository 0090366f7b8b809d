#define OPENSSL_SUPPRESS_DEPRECATED /* engines: what OpenSSL 3.0 has for tokens where no provider is packaged */
#include "certs/keys/pkcs11.h"

#include "engine/base/file.h"
#include "ensign/keys.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE_URI "RFC 7512, 2.3"
#define RULE_TOKEN "PKCS #11 v2.40"
#define SCHEME ENS_LIT("pkcs11:")
#define MODULE "p11-kit-proxy.so" /* every module that the system has registered */
#define SLOTS_MAX 64u
#define FOUND_MAX 2u /* objects: two tell that the URI is ambiguous */
#define OPEN_MAX 16u /* keys that a process keeps open */

/* ---- the URI ---- */

bool ens_keyring_is_uri(ens_slice text)
{
    return ens_starts(text, SCHEME);
}

static int hex_value(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* decode undoes percent-encoding; SIZE_MAX where the text is malformed or too long. */
static size_t decode(ens_slice text, uint8_t *out, size_t size)
{
    size_t num = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_value(text.p[i + 1]) : -1,
                low = high >= 0 ? hex_value(text.p[i + 2]) : -1;
            if (low < 0)
                return SIZE_MAX;
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (num + 1 >= size)
            return SIZE_MAX;
        out[num++] = c;
    }
    out[num] = '\0';
    return num;
}

/* Where each text attribute goes; what has no place is only checked for its form. */
static char *place_of(ens_pkcs11_uri *u, ens_slice name)
{
    return ens_is(name, "token")         ? u->token
           : ens_is(name, "serial")      ? u->serial
           : ens_is(name, "object")      ? u->object
           : ens_is(name, "module-path") ? u->module_path
           : ens_is(name, "pin-source")  ? u->pin_source
                                         : NULL;
}

static ens_code take_slot(ens_slice value, ens_pkcs11_uri *u, size_t at, ens_err *err)
{
    u->slot = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] < '0' || value.p[i] > '9' || i > 9)
            return ens_fail(err, ENS_ESYNTAX, RULE_URI, "slot-id is no number", at);
        u->slot = u->slot * 10 + (unsigned long)(value.p[i] - '0');
    }
    u->has_slot = value.len > 0;
    return ENS_OK;
}

/* is_name: letters, digits, hyphen and underscore (RFC 7512, 2.3, vendor attributes included). */
static bool is_name(ens_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.p[i];
        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return name.len > 0;
}

static ens_code take_attribute(ens_slice name, ens_slice value, size_t at, ens_pkcs11_uri *u, ens_err *err)
{
    uint8_t ignored[ENS_PKCS11_VALUE_MAX];
    char *place = place_of(u, name);
    if (ens_is(name, "pin-value"))
        return ens_fail(
            err, ENS_EPOLICY, "RFC 7512, 2.4",
            "a PIN in an argument can be seen by every user of the machine: give it by --pass-file, a prompt "
            "or ENSIGN_PASS",
            at);
    if (ens_is(name, "type") && !ens_is(value, "private"))
        return ens_fail(err, ENS_EPOLICY, RULE_URI, "the URI names no private key (type=private)", at);
    if (ens_is(name, "slot-id"))
        return take_slot(value, u, at, err);
    size_t len = ens_is(name, "id") ? (u->id_len = decode(value, u->id, sizeof u->id))
                                    : decode(value, place ? (uint8_t *)place : ignored, ENS_PKCS11_VALUE_MAX);
    if (len == SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE_URI, "an attribute is malformed or too long", at);
    if (place && strlen(place) != len)
        return ens_fail(err, ENS_ESYNTAX, RULE_URI, "an attribute holds a NUL", at);
    return ENS_OK;
}

ens_code ens__pkcs11_uri_parse(ens_slice text, ens_pkcs11_uri *out, ens_err *err)
{
    ens_pkcs11_uri u = {0};
    if (!ens_keyring_is_uri(text))
        return ens_fail(err, ENS_ESYNTAX, RULE_URI, "this is no pkcs11: URI", 0);
    if (text.len > ENS_PKCS11_URI_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE_URI, "the URI is too long", 0);
    bool query = false;
    for (size_t from = SCHEME.len, to; from < text.len; from = to + 1) {
        for (to = from; to < text.len && !strchr(query ? "&" : ";?", text.p[to]); to++)
            if (text.p[to] <= ' ' || text.p[to] >= 0x7F)
                return ens_fail(err, ENS_ESYNTAX, RULE_URI, "the URI holds an octet that has to be percent-encoded",
                                to);
        ens_slice pair = ens_sub(text, from, to);
        size_t equals = ens__find(pair, ENS_LIT("="), 0);
        if (equals == SIZE_MAX || !is_name(ens_sub(pair, 0, equals)))
            return ens_fail(err, ENS_ESYNTAX, RULE_URI, "an attribute is no name=value", from);
        ens_code code = take_attribute(ens_sub(pair, 0, equals), ens_from(pair, equals + 1), from, &u, err);
        if (code != ENS_OK)
            return code;
        query = query || (to < text.len && text.p[to] == '?');
    }
    *out = u;
    return ENS_OK;
}

/* ---- the token ---- */

/* trimmed copies a field of fixed width, which is padded with blanks. */
static void trimmed(const unsigned char *field, size_t width, char *out)
{
    while (width && (field[width - 1] == ' ' || field[width - 1] == '\0'))
        width--;
    for (size_t i = 0; i < width; i++)
        out[i] = (char)(field[i] < 0x20 || field[i] == 0x7F ? '?' : field[i]);
    out[width] = '\0';
}

static CK_FUNCTION_LIST *module_of(const ens_pkcs11_uri *u, const char **path, ens_err *err)
{
    const char *named = getenv("PKCS11_MODULE_PATH");
    *path = u->module_path[0] ? u->module_path : named && *named ? named : MODULE;
    void *library = dlopen(*path, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;
    CK_FUNCTION_LIST *f = NULL;
    if (library)
        *(void **)&get = dlsym(library, "C_GetFunctionList");
    if (!get || get(&f) != CKR_OK || !f) {
        ens_fail_about(err, ENS_EIO, RULE_TOKEN,
                       "the PKCS#11 module can't be loaded: install the device's software, or name it by module-path",
                       *path);
        return NULL;
    }
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    CK_RV rv = f->C_Initialize(&args);
    if (rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return f;
    ens_fail_about(err, ENS_EIO, RULE_TOKEN, "the PKCS#11 module does not start", *path);
    return NULL;
}

static bool fits_pkcs11(const ens_pkcs11_uri *u, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
    char label[64], serial[64];
    trimmed(info->label, sizeof info->label, label);
    trimmed(info->serialNumber, sizeof info->serialNumber, serial);
    return (!u->token[0] || strcmp(u->token, label) == 0) && (!u->serial[0] || strcmp(u->serial, serial) == 0) &&
           (!u->has_slot || u->slot == slot) && (info->flags & CKF_TOKEN_INITIALIZED);
}

/* find_token finds the one token that the URI names. */
static ens_code find_token(CK_FUNCTION_LIST *f, const ens_pkcs11_uri *u, CK_SLOT_ID *slot, CK_TOKEN_INFO *token,
                           ens_err *err)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG num = SLOTS_MAX;
    unsigned matches = 0;
    char there[ENS_ERR_TEXT] = "";
    if (f->C_GetSlotList(CK_TRUE, slots, &num) != CKR_OK)
        num = 0;
    for (CK_ULONG i = 0; i < num; i++) {
        CK_TOKEN_INFO info;
        char label[64];
        if (f->C_GetTokenInfo(slots[i], &info) != CKR_OK)
            continue;
        trimmed(info.label, sizeof info.label, label);
        size_t used = strlen(there);
        if (info.flags & CKF_TOKEN_INITIALIZED)
            snprintf(there + used, sizeof there - used, "%s%s in slot %lu", used ? ", " : "", label, slots[i]);
        if (fits_pkcs11(u, slots[i], &info) && matches++ == 0) {
            *slot = slots[i];
            *token = info;
        }
    }
    if (matches == 1)
        return ENS_OK;
    if (!there[0])
        return ens_fail(err, ENS_EIO, RULE_TOKEN,
                        "no token is there: is the device plugged in and its software installed?", 0);
    return ens_fail_about(err, ENS_EIO, RULE_TOKEN,
                          matches ? "several tokens fit: name one by token=, serial= or slot-id=; there are"
                                  : "no token fits the URI; there are",
                          there);
}

static ens_code say_pin(CK_RV rv, const CK_TOKEN_INFO *token, ens_err *err)
{
    char label[64];
    trimmed(token->label, sizeof token->label, label);
    if (rv == CKR_PIN_LOCKED)
        return ens_fail_about(err, ENS_EPOLICY, RULE_TOKEN, "the token's PIN is locked: unlock it with its PUK", label);
    if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID)
        return ens_fail_about(err, ENS_EPASS, RULE_TOKEN,
                              token->flags & CKF_USER_PIN_COUNT_LOW
                                  ? "the PIN does not open the token, and few tries are left before it locks"
                                  : "the PIN does not open the token",
                              label);
    return ens_fail_about(err, ENS_EIO, RULE_TOKEN, "the token refuses to log in", label);
}

/* log_in logs this process in, once; the session stays, for a token forgets the PIN with its last session. A wrong PIN
 * costs one of the tries that the token allows, and never a second one here. */
static ens_code log_in(CK_FUNCTION_LIST *f, CK_SLOT_ID slot, const CK_TOKEN_INFO *token, const char *pin,
                       CK_SESSION_HANDLE *session, ens_err *err)
{
    char label[64];
    trimmed(token->label, sizeof token->label, label);
    if (token->flags & CKF_USER_PIN_LOCKED)
        return say_pin(CKR_PIN_LOCKED, token, err);
    if ((token->flags & CKF_LOGIN_REQUIRED) && !pin)
        return ens_fail_about(err, ENS_EPASS, RULE_TOKEN, "the token asks for its PIN and none was given", label);
    if (f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, session) != CKR_OK)
        return ens_fail_about(err, ENS_EIO, RULE_TOKEN, "the token opens no session", label);
    if (!(token->flags & CKF_LOGIN_REQUIRED))
        return ENS_OK;
    CK_RV rv = f->C_Login(*session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin));
    if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
        return ENS_OK;
    f->C_CloseSession(*session);
    return say_pin(rv, token, err);
}

static CK_ULONG find_objects(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, const ens_pkcs11_uri *u,
                             CK_OBJECT_HANDLE *out)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted[3] = {{CKA_CLASS, &class, sizeof class}};
    CK_ULONG num = 1, found = 0;
    if (u && u->object[0])
        wanted[num++] = (CK_ATTRIBUTE){CKA_LABEL, (void *)(uintptr_t)u->object, strlen(u->object)};
    if (u && u->id_len)
        wanted[num++] = (CK_ATTRIBUTE){CKA_ID, (void *)(uintptr_t)u->id, u->id_len};
    if (f->C_FindObjectsInit(session, wanted, num) != CKR_OK)
        return 0;
    if (f->C_FindObjects(session, out, FOUND_MAX, &found) != CKR_OK)
        found = 0;
    f->C_FindObjectsFinal(session);
    return found;
}

static void label_of(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, char out[64])
{
    unsigned char label[63] = {0};
    CK_ATTRIBUTE a = {CKA_LABEL, label, sizeof label};
    bool good = f->C_GetAttributeValue(session, key, &a, 1) == CKR_OK && a.ulValueLen <= sizeof label;
    trimmed(label, good ? a.ulValueLen : 0, out);
}

/* check_key: the URI names exactly one private key, and it is an RSA key. The id tells it from then on. */
static ens_code check_key(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, ens_pkcs11_uri *u, ens_err *err)
{
    CK_OBJECT_HANDLE key[FOUND_MAX];
    CK_ULONG num = find_objects(f, session, u, key);
    char label[64] = "";
    if (num == 0) {
        if (find_objects(f, session, NULL, key))
            label_of(f, session, key[0], label);
        return ens_fail_about(err, ENS_EIO, RULE_TOKEN,
                              label[0] ? "the token has no such private key; it has, for one"
                                       : "the token has no private key that may be seen",
                              label[0] ? label : u->object);
    }
    if (num > 1)
        return ens_fail(err, ENS_EIO, RULE_TOKEN, "several private keys fit: name one by object= or id=", 0);
    CK_KEY_TYPE type = CKK_VENDOR_DEFINED;
    CK_ATTRIBUTE read[2] = {{CKA_KEY_TYPE, &type, sizeof type}, {CKA_ID, u->id, sizeof u->id - 1}};
    if (f->C_GetAttributeValue(session, key[0], read, 2) == CKR_OK && read[1].ulValueLen < sizeof u->id)
        u->id_len = read[1].ulValueLen;
    return type == CKK_RSA ? ENS_OK
                           : ens_fail_about(err, ENS_EPOLICY, "ICS2-HTI 4.6.2, Table 11",
                                            "the seal wants an RSA key, and this is another kind", u->object);
}

/* ---- the key, by OpenSSL ---- */

static size_t put_encoded(char *out, size_t size, const char *name, const uint8_t *value, size_t len)
{
    size_t used = len ? (size_t)snprintf(out, size, "%s", name) : 0;
    for (size_t i = 0; i < len && used + 4 < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%%%02X", value[i]);
    return used;
}

/* write_uri names token and key in the plainest form, which every reader of URIs takes. */
static void write_uri(const ens_pkcs11_uri *u, const CK_TOKEN_INFO *token, char *out, size_t size)
{
    char label[64], serial[64];
    trimmed(token->label, sizeof token->label, label);
    trimmed(token->serialNumber, sizeof token->serialNumber, serial);
    size_t used = (size_t)snprintf(out, size, "pkcs11:type=private");
    used += put_encoded(out + used, size - used, ";token=", (const uint8_t *)label, strlen(label));
    used += put_encoded(out + used, size - used, ";serial=", (const uint8_t *)serial, strlen(serial));
    used += put_encoded(out + used, size - used, ";id=", u->id, u->id_len);
    put_encoded(out + used, size - used, ";object=", (const uint8_t *)u->object, u->id_len ? 0 : strlen(u->object));
}

static int give_pin(UI *ui, UI_STRING *string)
{
    const char *pin = UI_get0_user_data(ui);
    return pin && (UI_get_string_type(string) == UIT_PROMPT || UI_get_string_type(string) == UIT_VERIFY)
               ? UI_set_result(ui, string, pin) >= 0
               : 1;
}

static UI_METHOD *pin_method(void)
{
    UI_METHOD *method = UI_create_method("PIN of a token");
    if (method)
        UI_method_set_reader(method, give_pin);
    return method;
}

/* The provider has a context of its own, so that it is asked for nothing but the key. */
static OSSL_LIB_CTX *provider_context(const char *module)
{
    static OSSL_LIB_CTX *context;
    static bool tried;
    if (tried)
        return context;
    tried = true;
    if (!getenv("PKCS11_PROVIDER_MODULE"))
        setenv("PKCS11_PROVIDER_MODULE", module, 1);
    OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
    if (made && OSSL_PROVIDER_load(made, "default") && OSSL_PROVIDER_load(made, "pkcs11"))
        return context = made;
    OSSL_LIB_CTX_free(made);
    ERR_clear_error();
    return NULL;
}

static EVP_PKEY *by_provider(const char *module, const char *uri, const char *pin, UI_METHOD *method)
{
    OSSL_LIB_CTX *context = provider_context(module);
    OSSL_STORE_CTX *store =
        context ? OSSL_STORE_open_ex(uri, context, NULL, method, (void *)(uintptr_t)pin, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = NULL;
    while (store && !key && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
        if (!info && OSSL_STORE_error(store))
            break;
    }
    OSSL_STORE_close(store);
    return key;
}

#ifndef OPENSSL_NO_ENGINE
static EVP_PKEY *by_engine(const char *module, const char *uri, const char *pin, UI_METHOD *method)
{
    static ENGINE *engine;
    if (!engine) {
        ENGINE_load_dynamic();
        ENGINE *e = ENGINE_by_id("pkcs11");
        if (!e || !ENGINE_ctrl_cmd_string(e, "MODULE_PATH", module, 0) || !ENGINE_init(e)) {
            ENGINE_free(e);
            return NULL;
        }
        engine = e;
    }
    if (pin)
        ENGINE_ctrl_cmd_string(engine, "PIN", pin, 0);
    return ENGINE_load_private_key(engine, uri, method, (void *)(uintptr_t)pin);
}
#else
static EVP_PKEY *by_engine(const char *module, const char *uri, const char *pin, UI_METHOD *method)
{
    (void)module, (void)uri, (void)pin, (void)method;
    return NULL;
}
#endif

static ens_code load_by_openssl(const ens_pkcs11_uri *u, const char *module, const CK_TOKEN_INFO *token,
                                const char *pin, EVP_PKEY **key, ens_err *err)
{
    char uri[4 * ENS_PKCS11_URI_MAX];
    write_uri(u, token, uri, sizeof uri);
    UI_METHOD *method = pin_method();
    EVP_PKEY *got = by_provider(module, uri, pin, method);
    if (!got)
        got = by_engine(module, uri, pin, method);
    UI_destroy_method(method);
    ERR_clear_error();
    if (!got)
        return ens_fail(err, ENS_ECRYPTO, NULL,
                        "OpenSSL can't use the token: install pkcs11-provider (Debian 13) or libengine-pkcs11-openssl",
                        0);
    *key = got;
    return ENS_OK;
}

static ens_code open_token(ens_pkcs11_uri *u, const char *pin, EVP_PKEY **key, ens_err *err)
{
    const char *module;
    CK_SLOT_ID slot = 0;
    CK_TOKEN_INFO token = {0};
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_FUNCTION_LIST *f = module_of(u, &module, err);
    if (!f)
        return ENS_EIO;
    ens_code code = find_token(f, u, &slot, &token, err);
    if (code == ENS_OK)
        code = log_in(f, slot, &token, pin, &session, err);
    if (code == ENS_OK)
        code = check_key(f, session, u, err);
    return code == ENS_OK ? load_by_openssl(u, module, &token, pin, key, err) : code;
}

/* ---- keys that are open ---- */

static struct {
    pthread_mutex_t lock;
    size_t num;
    struct {
        char uri[ENS_PKCS11_URI_MAX + 1];
        EVP_PKEY *key;
    } item[OPEN_MAX];
} opened = {.lock = PTHREAD_MUTEX_INITIALIZER};

static EVP_PKEY *find_opened(ens_slice uri)
{
    for (size_t i = 0; i < opened.num; i++)
        if (ens_is(uri, opened.item[i].uri))
            return EVP_PKEY_up_ref(opened.item[i].key) == 1 ? opened.item[i].key : NULL;
    return NULL;
}

static void remember(ens_slice uri, EVP_PKEY *key)
{
    if (opened.num == OPEN_MAX || EVP_PKEY_up_ref(key) != 1)
        return;
    memcpy(opened.item[opened.num].uri, uri.p, uri.len);
    opened.item[opened.num++].key = key;
}

/* pin_of reads the file that the URI names, where no PIN was given; the caller wipes it. */
static ens_code pin_of(const ens_pkcs11_uri *u, char *out, size_t size, bool *there, ens_err *err)
{
    ens_file file = {0};
    ens_slice line;
    const char *path = strncmp(u->pin_source, "file:", 5) == 0 ? u->pin_source + 5 : u->pin_source;
    *there = false;
    if (!*path)
        return ENS_OK;
    ens_code code = ens__file_open(path, size - 1, &file, err);
    if (code != ENS_OK)
        return ens_within(err, code, "reading the PIN");
    ens_reader r = ens_read(file.bytes);
    if (!ens_take_line(&r, &line))
        line = file.bytes;
    memcpy(out, line.p ? (const char *)line.p : "", line.len);
    out[line.len] = '\0';
    *there = true;
    ens__file_close(&file);
    return ENS_OK;
}

ens_code ens__pkcs11_open(ens_slice uri, const char *pin, EVP_PKEY **key, ens_err *err)
{
    ens_pkcs11_uri u;
    char own_pin[ENS_PKCS11_VALUE_MAX] = "";
    bool has_own = false;
    ens_code code = ens__pkcs11_uri_parse(uri, &u, err);
    if (code == ENS_OK && !pin)
        code = pin_of(&u, own_pin, sizeof own_pin, &has_own, err);
    if (code != ENS_OK)
        return code;
    pthread_mutex_lock(&opened.lock);
    EVP_PKEY *got = find_opened(uri);
    if (!got) {
        code = open_token(&u, pin ? pin : has_own ? own_pin : NULL, &got, err);
        if (code == ENS_OK)
            remember(uri, got);
    }
    if (code == ENS_OK)
        *key = got;
    pthread_mutex_unlock(&opened.lock);
    OPENSSL_cleanse(own_pin, sizeof own_pin);
    return code;
}
