/* What the files of the list reader share: where it stands, and what it has gathered there. */
#ifndef ENS_CERTS_LISTS_TRUSTLIST_STATE_H
#define ENS_CERTS_LISTS_TRUSTLIST_STATE_H

#include "certs/lists/trustlist.h"
#include "certs/lists/trustlist_grammar.h"
#include "engine/xml/reference/libxml.h"

#define ENS_LIST_DEPTH_MAX (ENS_XML_DEPTH_MAX + 1)
#define ENS_QUALIFIERS_MAX 32u                 /* of one QualificationElement */
#define ENS_ENTRY_MEMORY_MAX ((size_t)4 << 20) /* of one provider's names, or one state of a service */

struct ens_trustlist_reader {
    ens_scan *scan;
    ens_signature_reader *signature;
    ens_scan_uri ns[ENS_LNS_NUM];

    /* of the document that is read */
    ens_trustlist *out;
    ens_snapshot_writer *writer;
    ens_arena *arena; /* what out points to */
    bool pointers;
    ens_list_place place[ENS_LIST_DEPTH_MAX + 1];
    unsigned depth, skipped; /* places above; elements below that are passed over */
    ens_code failed;
    const char *why; /* a literal */
    ens_buf text;    /* of the element whose text is wanted */
    bool english;    /* … says so */
    bool has_version, has_sequence, has_issued, has_next_update;

    /* of the provider or the state of a service; strings live in the scratch */
    ens_arena scratch;
    ens_slice name, trade_name, identifier;
    bool name_english, trade_name_english, named; /* named: the writer has this provider */
    ens_entry_draft entry;
    bool entry_present, has_present, entry_name_english, has_start;
    bool extension_critical;

    /* of the qualifications */
    ens_slice qualifier[ENS_QUALIFIERS_MAX];
    size_t num_qualifiers;
    uint32_t criteria[ENS_CRITERIA_DEPTH_MAX]; /* CriteriaLists that are open */
    unsigned num_criteria;
    uint32_t criterion; /* the outermost of this QualificationElement, or UINT32_MAX */
    bool criteria_twice;
    uint32_t oids; /* the criterion that takes OIDs */
    unsigned usage_mask, usage_bits, usage_bit;
    bool usage_unknown, oid_seen;
};

/* ens__trustlist_fail ends the reading; the first reason stays. */
void ens__trustlist_fail(ens_trustlist_reader *r, ens_code code, const char *why);
/* ens__trustlist_keep copies s into an arena. */
ens_slice ens__trustlist_keep(ens_trustlist_reader *r, ens_arena *arena, ens_slice s);
/* ens__trustlist_attribute is the value of an attribute without namespace, in the scratch; p NULL when absent. */
ens_slice ens__trustlist_attribute(ens_trustlist_reader *r, const ens_scan_event *e, const char *local);

/* Qualifications: what begins and ends at these places, and what is not known there. */
void ens__trustlist_criteria_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e);
void ens__trustlist_criteria_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text);
void ens__trustlist_criteria_unknown(ens_trustlist_reader *r);

/* Providers and services. */
void ens__trustlist_service_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e);
void ens__trustlist_service_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text);

/* Scheme information, pointers, and what XAdES says. */
void ens__trustlist_head_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e);
void ens__trustlist_head_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text);

/* ens__trustlist_base64 decodes the text of an element where it lies; false when it isn't base64. */
bool ens__trustlist_base64(ens_trustlist_reader *r, ens_slice *out);

#endif
