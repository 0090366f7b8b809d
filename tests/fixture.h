/* The fixtures, written once a run into a folder of its own, which goes when the run ends. */
#ifndef ENS_TESTS_FIXTURE_H
#define ENS_TESTS_FIXTURE_H

/* fixture_folder is where they are; NULL after a failed check when they can't be written. */
const char *fixture_folder(void);
/* fixture_path is a file there (static storage, good until the eighth next call). */
const char *fixture_path(const char *name);

#endif
