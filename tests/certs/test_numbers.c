#include "certs/eori/countries.h"
#include "tests/suite.h"

typedef bool checker(ens_slice digits);

/* Real numbers: of the trust service providers whose certificates are on the EU's lists, of public bodies, and the
 * examples that the registers themselves print. */
static void check_digits_agree_with_real_numbers(void)
{
    static const struct {
        const char *name;
        checker *check;
        const char *number;
        bool good;
    } rows[] = {
        {"siren", ens__siren, "732829320", true},
        {"siren", ens__siren, "356000000", true},
        {"siren", ens__siren, "345133128", true},
        {"siren", ens__siren, "345133129", false},
        {"siren", ens__siren, "73282932", false},
        {"siren", ens__siren, "73282932A", false},
        {"siret", ens__siret, "12345678200010", true},
        {"siret", ens__siret, "12345678200011", false},
        {"siret", ens__siret, "34513312800057", true},
        {"siret", ens__siret, "48146308100036", true},
        {"siret", ens__siret, "73282932000074", true},
        {"siret of La Poste by Luhn", ens__siret, "35600000000048", true},
        {"siret of La Poste by its sum", ens__siret, "35600000009075", true},
        {"siret of La Poste by neither", ens__siret, "35600000009076", false},
        {"the sum is La Poste's alone", ens__siret, "73282932000073", false},
        {"vat fr", ens__vat_fr, "44732829320", true},
        {"vat fr", ens__vat_fr, "45732829320", false},
        {"vat fr, old key with a letter", ens__vat_fr, "K4732829320", true},
        {"vat fr", ens__vat_fr, "4", false},
        {"enterprise be", ens__enterprise_be, "0314595348", true},
        {"enterprise be", ens__enterprise_be, "0949383342", true},
        {"enterprise be", ens__enterprise_be, "0467046486", true},
        {"enterprise be, digits swapped in a real seal", ens__enterprise_be, "0476046486", false},
        {"business id fi", ens__business_id_fi, "01120389", true},
        {"business id fi", ens__business_id_fi, "01120388", false},
        {"oib hr", ens__oib_hr, "58843087891", true},
        {"oib hr", ens__oib_hr, "85821130368", true},
        {"oib hr", ens__oib_hr, "85821130369", false},
        {"register ee", ens__register_ee, "10747013", true},
        {"register ee", ens__register_ee, "10747014", false},
        {"cvr dk", ens__cvr_dk, "10150817", true},
        {"cvr dk", ens__cvr_dk, "10150818", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(rows[i].check(ens_str(rows[i].number)) == rows[i].good, "%s %s", rows[i].name, rows[i].number);
}

static void one_changed_digit_of_a_siret_never_passes(void)
{
    char siret[] = "73282932000074";
    for (size_t at = 0; siret[at]; at++) {
        char was = siret[at];
        for (char c = '0'; c <= '9'; c++) {
            siret[at] = c;
            CHECK_ROW(ens__siret(ens_str(siret)) == (c == was), "%s", siret);
        }
        siret[at] = was;
    }
}

static const ens_case cases[] = {
    {"check digits agree with real numbers", check_digits_agree_with_real_numbers},
    {"one changed digit of a SIRET never passes", one_changed_digit_of_a_siret_never_passes},
    {NULL, NULL},
};
ENS_SUITE("certs/numbers", cases)
