/* The members of JSON that the command prints, beside docs/json.md. */
#ifndef ENS_TESTS_MEMBERS_H
#define ENS_TESTS_MEMBERS_H

/* check_members_told looks for every member of a line of JSON in docs/json.md, with a failed assertion for each that
 * isn't there, and for what is no JSON. */
void check_members_told(const char *line);

#endif
