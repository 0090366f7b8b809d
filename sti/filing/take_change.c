/* A filing is amended, or withdrawn.
 * Source  ICS2-HTI ICD 3.1.3, 3.1.6; ICS2 Business Process Description 2.00 */
#include "sti/filing/customs_parts.h"

/* find_own finds the filing that the message is about, and blames what keeps the sender from changing it: NULL then. */
static ens_held *find_own(ens_customs *d, bool amends, ens_held **known)
{
    const ens_incoming *in = d->in;
    ens_held *h = ens__customs_find(d, ens__doc_value(in->document, ENS_DOC_ROOT, ENS_EL_MRN));
    *known = h;
    if (!h || ens__filing_is_arrival(&h->filing)) {
        ens__customs_blame(d, ENS_CODE_UNKNOWN_MRN, "no filing has that MRN", in->document, ENS_DOC_ROOT, ENS_EL_MRN);
        *known = NULL;
        return NULL;
    }
    const ens_filing *f = &h->filing;
    bool controlled = amends && f->flags & (ENS_FILING_CONTROL | ENS_FILING_TOLD);
    if (!ens__customs_is_filer(f, in->document))
        ens__customs_blame(d, ENS_CODE_WRONG_ENTITY,
                           "the filing is another's: neither declarant nor representative of it", in->document,
                           ens__doc_child(in->document, ENS_DOC_ROOT, ENS_EL_declarant), ENS_EL_identificationNumber);
    else if (ens__filing_is_over(f) || controlled)
        ens__customs_blame(d, ENS_CODE_WRONG_STATE,
                           controlled ? "a control of it is decided"
                                      : ens__customs_printf(d, "it is %s", ens__filing_state_name(f->state)),
                           in->document, ENS_DOC_ROOT, ENS_EL_MRN);
    return d->num_errors ? NULL : h;
}

/* blame_changes compares the amendment with what was filed. */
static void blame_changes(ens_customs *d, ens_held *h)
{
    const ens_incoming *in = d->in;
    if (!ens_is(ens_from(in->action, 4), h->filing.action + 4)) {
        ens__customs_blame(
            d, ENS_CODE_NOT_AMENDABLE,
            ens__customs_printf(d, "it was filed by an %s, which another message amends", h->filing.action),
            in->document, ENS_DOC_ROOT, ENS_EL_SpecificCircumstanceIndicator);
        return;
    }
    const ens_doc *was = ens__customs_kept(d, h);
    if (was)
        ens__amendment_compare(d, was, in->document);
}

/* find_referral is the request that the amendment answers; one that is not known is an error. */
static ens_referral *find_referral(ens_customs *d, ens_held *h)
{
    ens_slice reference = ens__doc_value(d->in->document, ENS_DOC_ROOT, ENS_EL_referralRequestReference);
    ens_referral *r = reference.len ? ens__filing_find_referral(&h->filing, reference, "RFI") : NULL;
    if (reference.len && !r)
        ens__customs_blame(d, ENS_CODE_UNKNOWN_REFERENCE, "no open request has that reference", d->in->document,
                           ENS_DOC_ROOT, ENS_EL_referralRequestReference);
    return r;
}

/* replace puts the amendment in the place of what was filed. */
static void replace(ens_customs *d, ens_held *h, ens_referral *answered)
{
    ens__filing_key *keys = NULL;
    size_t num = 0;
    ens_filing *f = &h->filing;
    const ens_doc *doc = d->in->document;
    ens__filing_gather_keys(d, doc, &keys, &num);
    ens__shelf_redo(d->shelf, h, d->in->text);
    ens__shelf_rekey(d->shelf, h, keys, num);
    ens__filing_describe(d->in, f);
    f->changed = d->now;
    f->due[ENS_TIMER_RISK] = 0; /* stops, and none starts */
    f->flags &= ~(ENS_FILING_ASSESSED | ENS_FILING_PRELOADED | ENS_FILING_NO_LOADING | ENS_FILING_HELD);
    f->flags |= ENS_FILING_TIMED;
    if (answered)
        answered->open = false;
    if (ens__filing_is_before_arrival(f)) {
        f->state = ENS_FILING_ACCEPTED;
        ens__filing_link(d, h);
    }
    ens__filing_analyse_again(d, h);
}

void ens__customs_amended(ens_customs *d)
{
    const ens_incoming *in = d->in;
    ens_held *known, *h = find_own(d, true, &known);
    ens_referral *answered = h ? find_referral(d, h) : NULL;
    if (h)
        blame_changes(d, h);
    if (!h || d->num_errors) {
        ens__customs_refuse_life(d, known);
        return;
    }
    ens_writing w = {.action = "IE3N10", .filing = &h->filing, .doc = in->document, .mrn = h->filing.mrn};
    ens__customs_tell_filer(d, h, &w, false);
    replace(d, h, answered);
}

void ens__customs_withdrawn(ens_customs *d)
{
    ens_held *known, *h = find_own(d, false, &known);
    if (!h || d->num_errors) {
        ens__customs_refuse_life(d, known);
        return;
    }
    ens_writing w = {.action = "IE3R07", .filing = &h->filing, .doc = d->in->document, .mrn = h->filing.mrn};
    ens__customs_tell_filer(d, h, &w, false);
    ens__customs_set(d, h, ENS_FILING_INVALIDATED);
}
