#include "certs/x509/qcstatements.h"

#include "certs/x509/der.h"

/* Codes without a gap, in order. */
static const char countries[] = /* 249 */
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCR"
    "CUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHU"
    "IDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQ"
    "MRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSI"
    "SJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";
static const char languages[] = /* 183, sh (withdrawn) left out */
    "aaabaeafakamanarasavayazbabebgbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagd"
    "glgngugvhahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmg"
    "mhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgsiskslsmsnsosqsrss"
    "stsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu";

static const char currencies[] = /* 183: letters of ISO 4217 */
    "AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBOVBRLBSDBTNBWPBYNBZDCADCDFCHECHFCHWCLFCLP"
    "CNYCOPCOUCRCCUCCUPCVECZKDJFDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHRKHTGHUFIDRILS"
    "INRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWK"
    "MXNMXVMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGDSHPSLESLLSOS"
    "SRDSSPSTNSVCSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUSNUYIUYUUYWUZSVEDVESVNDVUVWSTXAFXAGXAUXBAXBB"
    "XBCXBDXCDXCGXDRXOFXPDXPFXPTXSUXTSXUAXXXYERZARZMWZWGZWL";
static const uint16_t currency_numbers[] = {
    8,   12,  32,  36,  44,  48,  50,  51,  52,  60,  64,  68,  72,  84,  90,  96,  104, 108, 116, 124, 132, 136, 144,
    152, 156, 170, 174, 188, 191, 192, 203, 208, 214, 222, 230, 232, 238, 242, 262, 270, 292, 320, 324, 328, 332, 340,
    344, 348, 352, 356, 360, 364, 368, 376, 388, 392, 398, 400, 404, 408, 410, 414, 417, 418, 422, 426, 430, 434, 446,
    454, 458, 462, 480, 484, 496, 498, 504, 512, 516, 524, 532, 532, 533, 548, 554, 558, 566, 578, 586, 590, 598, 600,
    604, 608, 634, 643, 646, 654, 682, 690, 694, 702, 704, 706, 710, 728, 748, 752, 756, 760, 764, 776, 780, 784, 788,
    800, 807, 818, 826, 834, 840, 858, 860, 882, 886, 901, 924, 925, 926, 927, 928, 929, 930, 931, 932, 933, 934, 936,
    938, 940, 941, 943, 944, 946, 947, 948, 949, 950, 951, 952, 953, 955, 956, 957, 958, 959, 960, 961, 962, 963, 964,
    965, 967, 968, 969, 970, 971, 972, 973, 975, 976, 977, 978, 979, 980, 981, 984, 985, 986, 990, 994, 997, 999};

static bool has(const char *codes, size_t num, uint8_t first, uint8_t second)
{
    size_t low = 0, high = num;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const uint8_t *code = (const uint8_t *)codes + 2 * middle;
        int order = code[0] != first ? code[0] - first : code[1] - second;
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

bool ens__is_country(ens_slice code)
{
    return code.len == 2 && has(countries, sizeof countries / 2, code.p[0], code.p[1]);
}

bool ens__is_language(ens_slice code)
{
    return code.len == 2 && has(languages, sizeof languages / 2, lower(code.p[0]), lower(code.p[1]));
}

#define NAME_URI ENS_DER_CONTEXT_PRIMITIVE(6)
#define ISO_4217_MAX 999u

/* open_sequence gives a reader over the contents of a value that is one SEQUENCE. */
static bool open_sequence(ens_slice value, ens_reader *contents)
{
    ens_reader r = ens_read(value);
    ens_der list;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    *contents = ens_read(list.body);
    return true;
}

static bool read_types(ens_slice value, ens_qc *qc)
{
    ens_reader r;
    size_t before = qc->num_types;
    qc->num_type_statements++;
    if (!open_sequence(value, &r))
        return false;
    for (; ens_left(&r); qc->num_types++)
        if (qc->num_types == ENS_QC_TYPES_MAX || !ens__der_take_oid(&r, &qc->type[qc->num_types]))
            return false;
    return qc->num_types > before;
}

static bool read_pds(ens_slice value, ens_qc *qc)
{
    ens_reader r;
    ens_der one, url, language;
    size_t before = qc->num_pds;
    if (!open_sequence(value, &r))
        return false;
    while (ens_left(&r)) {
        if (qc->num_pds == ENS_QC_PDS_MAX || !ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_IA5_STRING, &url) || !ens__der_take(&in, ENS_DER_PRINTABLE_STRING, &language) ||
            ens_left(&in))
            return false;
        qc->pds[qc->num_pds++] = (ens_qc_pds){url.body, language.body};
    }
    return qc->num_pds > before;
}

static bool read_countries(ens_slice value, ens_qc *qc)
{
    ens_reader r;
    ens_der one;
    size_t before = qc->num_countries;
    if (!open_sequence(value, &r))
        return false;
    for (; ens_left(&r); qc->country[qc->num_countries++] = one.body)
        if (qc->num_countries == ENS_QC_COUNTRIES_MAX || !ens__der_take(&r, ENS_DER_PRINTABLE_STRING, &one) ||
            one.body.len != 2)
            return false;
    return qc->num_countries > before;
}

/* An INTEGER that fits; the exponent may be negative. */
static bool read_small(ens_slice body, int *out)
{
    if (!ens__der_integer_valid(body) || body.len > 2)
        return false;
    int v = body.p[0] & 0x80 ? -1 : 0;
    for (size_t i = 0; i < body.len; i++)
        v = v * 256 + body.p[i];
    *out = v;
    return true;
}

/* read_currency: ISO 4217 by letters or by number. */
static bool read_currency(const ens_der *currency, ens_qc *qc)
{
    if (currency->tag == ENS_DER_PRINTABLE_STRING && currency->body.len == 3) {
        qc->currency = currency->body;
        return true;
    }
    uint32_t number;
    if (currency->tag != ENS_DER_INTEGER || !ens__der_u32(currency->body, &number) || number == 0 ||
        number > ISO_4217_MAX)
        return false;
    qc->currency_number = number;
    return true;
}

static bool read_limit(ens_slice value, ens_qc *qc)
{
    ens_reader r;
    ens_der currency, amount, exponent;
    qc->limit = true;
    return open_sequence(value, &r) && ens__der_any(&r, &currency) && ens__der_take(&r, ENS_DER_INTEGER, &amount) &&
           ens__der_take(&r, ENS_DER_INTEGER, &exponent) && !ens_left(&r) && read_currency(&currency, qc) &&
           ens__der_u32(amount.body, &qc->amount) && read_small(exponent.body, &qc->exponent);
}

static bool read_retention(ens_slice value, ens_qc *qc)
{
    ens_reader r = ens_read(value);
    ens_der years;
    qc->retention = true;
    return ens__der_take(&r, ENS_DER_INTEGER, &years) && !ens_left(&r) &&
           ens__der_u32(years.body, &qc->retention_years);
}

static bool read_authorities(ens_slice names, ens_qc *qc)
{
    ens_der one;
    for (ens_reader r = ens_read(names); ens_left(&r); qc->authority_uri |= one.tag == NAME_URI)
        if (!ens__der_any(&r, &one))
            return false;
    return true;
}

/* SemanticsInformation: an identifier, authorities, or both. */
static bool read_semantics(ens_slice value, ens_qc *qc)
{
    ens_reader r;
    ens_der authorities;
    if (!value.len)
        return true;
    if (!open_sequence(value, &r) || !ens_left(&r))
        return false;
    if (ens__der_next_is(&r, ENS_DER_OID) && !ens__der_take_oid(&r, &qc->semantics))
        return false;
    if (!ens__der_optional(&r, ENS_DER_SEQUENCE, &authorities) || ens_left(&r))
        return false;
    return !authorities.all.len || (authorities.body.len && read_authorities(authorities.body, qc));
}

static bool read_ident_method(ens_slice value, ens_qc *qc)
{
    ens_reader r;
    return open_sequence(value, &r) && ens__der_take_oid(&r, &qc->ident_method) && !ens_left(&r);
}

/* Each role is an OID and its name. */
static bool roles_good(ens_slice roles)
{
    ens_reader r = ens_read(roles);
    ens_der one, name;
    ens_slice oid;
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take_oid(&in, &oid) || !ens__der_take(&in, ENS_DER_UTF8_STRING, &name) || ens_left(&in))
            return false;
    }
    return roles.len > 0;
}

static bool read_psd2(ens_slice value, ens_qc *qc)
{
    ens_reader r;
    ens_der roles, name, id;
    qc->psd2 = true;
    if (!open_sequence(value, &r) || !ens__der_take(&r, ENS_DER_SEQUENCE, &roles) ||
        !ens__der_take(&r, ENS_DER_UTF8_STRING, &name) || !ens__der_take(&r, ENS_DER_UTF8_STRING, &id) || ens_left(&r))
        return false;
    qc->nca_name = name.body;
    qc->nca_id = id.body;
    return roles_good(roles.body);
}

static bool read_compliance(ens_slice value, ens_qc *qc)
{
    qc->compliance = true;
    return !value.len;
}

static bool read_sscd(ens_slice value, ens_qc *qc)
{
    qc->qscd = true;
    return !value.len;
}

static bool read_known(const ens_qc_statement *s, ens_qc *qc)
{
    const struct {
        ens_slice oid;
        bool (*read)(ens_slice value, ens_qc *qc);
    } known[] = {
        {ENS_QC_COMPLIANCE, read_compliance},
        {ENS_QC_LIMIT, read_limit},
        {ENS_QC_RETENTION, read_retention},
        {ENS_QC_SSCD, read_sscd},
        {ENS_QC_PDS, read_pds},
        {ENS_QC_TYPE, read_types},
        {ENS_QC_LEGISLATION, read_countries},
        {ENS_QC_PSD2, read_psd2},
        {ENS_QC_SEMANTICS, read_semantics},
        {ENS_QC_IDENT_METHOD, read_ident_method},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ens_eq(s->oid, known[i].oid))
            return known[i].read(s->value, qc);
    return true;
}

static bool read_statement(ens_reader *r, ens_qc *qc)
{
    ens_der one, value = {0};
    ens_qc_statement s = {0};
    if (qc->num == ENS_QC_MAX || !ens__der_take(r, ENS_DER_SEQUENCE, &one))
        return false;
    ens_reader in = ens_read(one.body);
    if (!ens__der_take_oid(&in, &s.oid) || (ens_left(&in) && !ens__der_any(&in, &value)) || ens_left(&in))
        return false;
    s.value = value.all;
    for (size_t i = 0; i < qc->num; i++)
        s.repeated |= ens_eq(qc->statement[i].oid, s.oid);
    s.malformed = !read_known(&s, qc);
    qc->duplicates |= s.repeated;
    qc->malformed |= s.malformed;
    qc->statement[qc->num++] = s;
    return true;
}

bool ens__qc_read(ens_slice extension, ens_qc *out)
{
    ens_reader r;
    *out = (ens_qc){0};
    if (!extension.len)
        return true;
    if (!open_sequence(extension, &r) || !ens_left(&r))
        return false;
    while (ens_left(&r))
        if (!read_statement(&r, out))
            return false;
    return true;
}

const ens_qc_statement *ens__qc_find(const ens_qc *qc, ens_slice oid)
{
    for (size_t i = 0; i < qc->num; i++)
        if (ens_eq(qc->statement[i].oid, oid))
            return &qc->statement[i];
    return NULL;
}

const char *ens__qc_type_name(ens_slice oid)
{
    static const char *const names[] = {"esign", "eseal", "web"};
    ens_slice arc = ENS_QC_TYPE;
    if (!ens_starts(oid, arc) || oid.len != arc.len + 1 || oid.p[arc.len] < 1 ||
        oid.p[arc.len] > sizeof names / sizeof *names)
        return NULL;
    return names[oid.p[arc.len] - 1];
}

bool ens__qc_has_type(const ens_qc *qc, const char *name)
{
    for (size_t i = 0; i < qc->num_types; i++) {
        const char *known = ens__qc_type_name(qc->type[i]);
        if (known && strcmp(known, name) == 0)
            return true;
    }
    return false;
}

const char *ens__qc_ident_method_name(ens_slice oid)
{
    static const char *const names[] = {"eIDAS 1, article 24(1)(a) or (b)", "eIDAS 1, article 24(1)(c) or (d)",
                                        "eIDAS 2, article 24(1a)(a), (c) or (d)", "eIDAS 2, article 24(1a)(b)"};
    ens_slice arc = ENS_QC_IDENT_METHOD;
    if (!ens_starts(oid, arc) || oid.len != arc.len + 1 || oid.p[arc.len] < 1 ||
        oid.p[arc.len] > sizeof names / sizeof *names)
        return NULL;
    return names[oid.p[arc.len] - 1];
}

bool ens__is_currency(ens_slice code)
{
    for (size_t i = 0; code.len == 3 && i + 3 < sizeof currencies; i += 3)
        if (memcmp(currencies + i, code.p, 3) == 0)
            return true;
    return false;
}

bool ens__is_currency_number(unsigned number)
{
    for (size_t i = 0; i < sizeof currency_numbers / sizeof *currency_numbers; i++)
        if (currency_numbers[i] == number)
            return true;
    return false;
}
