/* One ENS filing as customs keep it: who filed it, what state it is in, what was asked about it, and when something
 * is due.
 * Source  ICS2 Business Process Description 2.00; ICS2 HTI BPM L4 2.00; the code lists CL734, CL735, CL744 */
#ifndef ENS_STI_FILING_FILING_H
#define ENS_STI_FILING_FILING_H

#include "engine/base/arena.h"
#include "ensign/time.h"

#define ENS_FILING_PERSON 72u           /* bytes of an EORI, or of what stands for one, with NUL */
#define ENS_FILING_LRN 96u              /* bytes of an LRN, with NUL */
#define ENS_FILING_DOCUMENT_NUMBER 284u /* bytes of a transport document's number, with NUL */
#define ENS_FILING_REFERRALS 32u        /* of one filing */
#define ENS_FILING_NAME 40u             /* bytes of a scenario's or a scene's name, with NUL */

/* The codes of CL744. */
typedef enum {
    ENS_FILING_NONE = 0,
    ENS_FILING_REGISTERED = 1,
    ENS_FILING_REJECTED = 2,
    ENS_FILING_ACCEPTED = 3,
    ENS_FILING_PENDING_LINKING = 4,
    ENS_FILING_LINKED = 5,
    ENS_FILING_INVALIDATED = 9,
    ENS_FILING_PENDING_COMPLETENESS = 10,
    ENS_FILING_COMPLETE = 11,
    ENS_FILING_CONSIDERED_COMPLETE = 12,
    ENS_FILING_ARRIVED = 19,
    ENS_FILING_PRESENTED = 21
} ens_filing_state;
const char *ens__filing_state_name(unsigned state); /* "pending linking" … */

/* What else is true of it. */
#define ENS_FILING_SPLIT 0x001u      /* a declared split shipment */
#define ENS_FILING_PARTLY 0x002u     /* … of which a part has arrived */
#define ENS_FILING_PRELOADED 0x004u  /* the analysis before loading is done */
#define ENS_FILING_ASSESSED 0x008u   /* the analysis is done: no further action, or a risk */
#define ENS_FILING_NO_LOADING 0x010u /* … do not load */
#define ENS_FILING_CONTROL 0x020u    /* a control is decided */
#define ENS_FILING_TOLD 0x040u       /* … and the trader was told */
#define ENS_FILING_V1 0x080u         /* filed by interface version 1 */
#define ENS_FILING_HELD 0x100u       /* somebody is about to ask something: no analysis ends of itself */
#define ENS_FILING_TIMED 0x200u      /* its time for the analysis is over */

typedef enum {
    ENS_TIMER_INVALIDATION = 0, /* 200 days */
    ENS_TIMER_LINKING,
    ENS_TIMER_RISK,
    ENS_FILING_TIMERS
} ens_filing_timer;

typedef struct {
    char reference[18], type[4]; /* CL735: RFI, AMD, RFS */
    bool open;
} ens_referral;

/* Texts end with NUL. */
typedef struct {
    char mrn[19], space[65], action[8], lrn[ENS_FILING_LRN], party[65];
    char declarant[ENS_FILING_PERSON], representative[ENS_FILING_PERSON], carrier[ENS_FILING_PERSON];
    unsigned state, flags;
    ens_time registered, changed;
    ens_time due[ENS_FILING_TIMERS]; /* 0: not running */
    /* Of the arrival: where it was notified from, and by whom. */
    char arrival_party[65], notifier[ENS_FILING_PERSON], notify_party[ENS_FILING_PERSON];
    char scenario[ENS_FILING_NAME], scene[ENS_FILING_NAME];
    char wish[8];                      /* the end of its LRN, where that asks for something later */
    unsigned num_referrals, num_asked; /* kept; ever */
    ens_referral referral[ENS_FILING_REFERRALS];
    int64_t version; /* of the row that it was read from; 0: none */
} ens_filing;

typedef enum { ENS_LEVEL_WHOLE = 0, ENS_LEVEL_MASTER, ENS_LEVEL_HOUSE, ENS_LEVEL_REFERENCE } ens_filing_level;
typedef enum { ENS_RISK_NONE = 0, ENS_RISK_SEA, ENS_RISK_AIR, ENS_RISK_RAIL, ENS_RISK_ROAD } ens_filing_risk;
/* What of a filing nobody may use again, and for how long. */
typedef enum { ENS_UNIQUE_NONE = 0, ENS_UNIQUE_MASTER, ENS_UNIQUE_HOUSE, ENS_UNIQUE_HOUSE_UCR } ens_filing_unique;

typedef struct {
    char number[3]; /* "26" of IE3F26 and IE3A26 */
    ens_filing_level level;
    bool preloading; /* subject to the analysis before loading */
    ens_filing_risk risk;
    ens_filing_unique unique;
} ens_filing_kind;
/* ens__filing_kind_of finds the kind of a filing or amendment: NULL for other messages. */
const ens_filing_kind *ens__filing_kind_of(ens_slice action);
static inline bool ens__filing_is_arrival(const ens_filing *f)
{
    return strcmp(f->action, "IE3N06") == 0;
}

/* ens__filing_is_before_arrival: its goods are on their way. ens__filing_is_ready: nothing is missing, and it may be
 * analysed as a whole. ens__filing_is_over: nothing can become of it any more. */
bool ens__filing_is_before_arrival(const ens_filing *f);
bool ens__filing_is_ready(const ens_filing *f);
bool ens__filing_is_over(const ens_filing *f);

/* ens__filing_ask opens a referral and gives it its reference; NULL: too many are open.  ens__filing_find_referral
 * finds an open one of such a type; "RFI" stands for requests of information and of amendment. */
ens_referral *ens__filing_ask(ens_filing *f, const char *type);
ens_referral *ens__filing_find_referral(ens_filing *f, ens_slice reference, const char *type);
bool ens__filing_has_open_referral(const ens_filing *f);

/* ens__filing_risk_time is how long its analysis may take: 0 where no time is published.
 * containers: it names some. arrival: when it is expected, or ENS_TIME_NONE.
 * Source  the timers of the Business Process Description; UCC-DA 105 to 109 */
ens_time ens__filing_risk_time(const ens_filing_kind *kind, bool containers, ens_time now, ens_time arrival);

/* ens__filing_write appends what no column of the store holds; ens__filing_read takes it back.
 * Errors  ENS_ESYNTAX not written by ens__filing_write; ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__filing_write(const ens_filing *f, ens_buf *out, ens_err *err);
ENS_CHECK ens_code ens__filing_read(ens_slice body, ens_filing *f, ens_err *err);

/* ens__filing_keep copies a text into a field of that size; false: it doesn't fit. */
bool ens__filing_keep(char *field, size_t size, ens_slice text);

#endif
