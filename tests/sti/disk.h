/* A disk that can lose power, fill up, or be read alone: it stands between SQLite and the files of the store under
 * test. What was written and not synced is lost at the cut, in part, torn, or not at all, as a real disk has it. */
#ifndef ENS_TESTS_STI_DISK_H
#define ENS_TESTS_STI_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* disk_insert makes it what SQLite opens files by; disk_remove takes it away and forgets all that it kept. */
void disk_insert(void);
void disk_remove(void);

/* disk_cut_after has the power go at the n-th write or sync from now: from then on nothing is written. disk_is_cut
 * tells. */
void disk_cut_after(long n);
bool disk_is_cut(void);
/* disk_leave writes what is left of the file at path, of its log and its segments, to the same names under the empty
 * folder to. */
void disk_leave(const char *path, const char *to, unsigned seed);

void disk_slow(unsigned us);        /* a sync takes so long */
void disk_lie(bool lies);           /* syncs do nothing and say that they did */
void disk_fill(int64_t bytes_left); /* before it is full; -1: never */
void disk_protect(bool read_only);  /* files are opened for reading alone */
unsigned disk_num_syncs(void);      /* since disk_insert */

#endif
