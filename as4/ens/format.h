/* The formats of the message tables: "a2", "an..35", "n..16,6", a date with its time. */
#ifndef ENS_AS4_ENS_FORMAT_H
#define ENS_AS4_ENS_FORMAT_H

#include "as4/ens/tables.h"
#include "ensign/time.h"

typedef enum {
    ENS_FORMAT_GOOD = 0,
    ENS_FORMAT_EMPTY,
    ENS_FORMAT_SHORT,
    ENS_FORMAT_LONG,
    ENS_FORMAT_CHARACTERS, /* of the wrong kind */
    ENS_FORMAT_DECIMAL,    /* no decimal number with a point */
    ENS_FORMAT_NO_DIGIT,   /* … without a digit before the point */
    ENS_FORMAT_DECIMALS,   /* … with too many digits after the point */
    ENS_FORMAT_NO_TIME,
    ENS_FORMAT_OFFSET, /* a time with an offset, where the tables ask for Z: some texts allow it */
    ENS_FORMAT_SCRIPT, /* a letter that is neither Latin, Greek nor Cyrillic */
    ENS_NUM_FORMAT_FAULTS
} ens_format_fault;

/* ens__format_check judges a text, which is UTF-8. Lengths count characters. */
ens_format_fault ens__format_check(const ens_table_format *f, ens_slice text);

/* ens__format_time reads the time of a date that is as the tables have it, or has an offset; false for any other. */
bool ens__format_time(ens_slice text, ens_time *out);

/* ens__format_length counts characters of UTF-8. */
size_t ens__format_length(ens_slice text);

#endif
