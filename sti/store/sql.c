#include "sti/store/sql.h"

#include <string.h>

#define POSTGRES_TEXT_MAX ((size_t)32 << 10)

/* Times are milliseconds since 1970, states and kinds the numbers of their enums.
 *
 * A row of the journal that owns its octets takes them along when it goes; others point to octets that another row
 * owns: a message that came again, or was sent again. stored_at is the machine's time, which retention goes by; at is
 * what the caller's clock said. */
static const char schema_1[] =
    "CREATE TABLE counter (name VARCHAR(1200) PRIMARY KEY, value BIGINT NOT NULL);"
    "CREATE TABLE octets (id INTEGER PRIMARY KEY, raw BLOB NOT NULL);"
    "CREATE TABLE journal (seq INTEGER PRIMARY KEY, stored_at BIGINT NOT NULL, at BIGINT NOT NULL,"
    " direction SMALLINT NOT NULL, kind SMALLINT NOT NULL, verdict SMALLINT NOT NULL, action VARCHAR(128) NOT NULL,"
    " message_id VARCHAR(256) NOT NULL,"
    " ref_to VARCHAR(256) NOT NULL, about VARCHAR(256) NOT NULL, party VARCHAR(64) NOT NULL, ebms VARCHAR(64) NOT NULL,"
    " peer VARCHAR(1024) NOT NULL, detail VARCHAR(1024) NOT NULL, octets BIGINT, owns SMALLINT NOT NULL, bytes BIGINT "
    "NOT NULL,"
    " sha256 BLOB NOT NULL);"
    "CREATE INDEX journal_about ON journal (about, seq);"
    "CREATE INDEX journal_stored_at ON journal (stored_at);"
    "CREATE TABLE inbound (message_id VARCHAR(256) PRIMARY KEY, refs_sha256 BLOB NOT NULL, sha256 BLOB NOT NULL,"
    " stored_at BIGINT NOT NULL, octets BIGINT NOT NULL, answer BIGINT NOT NULL);"
    "CREATE INDEX inbound_stored_at ON inbound (stored_at);"
    "CREATE INDEX inbound_answer ON inbound (answer);"
    "CREATE TABLE work (id VARCHAR(256) PRIMARY KEY, kind VARCHAR(64) NOT NULL, message_id VARCHAR(256) NOT NULL,"
    " party VARCHAR(64) NOT NULL, action VARCHAR(128) NOT NULL, body BLOB NOT NULL, octets BIGINT, due_at BIGINT NOT "
    "NULL,"
    " lease_until BIGINT NOT NULL, token BIGINT NOT NULL, attempts INTEGER NOT NULL);"
    "CREATE INDEX work_due ON work (due_at, id);"
    "CREATE INDEX work_token ON work (token);"
    "CREATE INDEX work_octets ON work (octets);";

static const char schema_2[] =
    "CREATE TABLE outbound (message_id VARCHAR(256) PRIMARY KEY, ref_to VARCHAR(256) NOT NULL, action VARCHAR(128) NOT "
    "NULL,"
    " party VARCHAR(64) NOT NULL, mpc VARCHAR(1024) NOT NULL, url VARCHAR(1024) NOT NULL, note VARCHAR(1024) NOT NULL,"
    " mode SMALLINT NOT NULL, category SMALLINT NOT NULL, counter BIGINT NOT NULL, state SMALLINT NOT NULL,"
    " octets BIGINT NOT NULL, owned SMALLINT NOT NULL, sha256 BLOB NOT NULL, bytes BIGINT NOT NULL, answer BIGINT, "
    "attempts INTEGER NOT NULL,"
    " tries INTEGER NOT NULL, next_at BIGINT NOT NULL, lease_until BIGINT NOT NULL, token BIGINT NOT NULL,"
    " http INTEGER NOT NULL, ebms VARCHAR(64) NOT NULL, detail VARCHAR(1024) NOT NULL);"
    "CREATE INDEX outbound_due ON outbound (state, mode, category, next_at);"
    "CREATE INDEX outbound_mailbox ON outbound (party, mpc, state, category, counter);"
    "CREATE INDEX outbound_octets ON outbound (octets);"
    "CREATE INDEX outbound_token ON outbound (token);"
    "CREATE TABLE channel (party_id VARCHAR(64) PRIMARY KEY, mode SMALLINT NOT NULL, url VARCHAR(1024) NOT NULL);";

/* The registry (sti/registry), in a file of its own or here. Its times are seconds. */
const char ens__sql_registry[] =
    "CREATE TABLE party (eori VARCHAR(17) PRIMARY KEY, name VARCHAR(127) NOT NULL,"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),"
    " agreement VARCHAR(4) NOT NULL CHECK (agreement IN ('','V1.0','V2.0')),"
    " forced VARCHAR(4) NOT NULL CHECK (forced IN ('','A001','A002','A003')));"
    "CREATE TABLE party_id (party_id VARCHAR(33) PRIMARY KEY, eori VARCHAR(17) NOT NULL REFERENCES party (eori));"
    "CREATE INDEX party_id_eori ON party_id (eori);"
    "CREATE TABLE certificate (eori VARCHAR(17) NOT NULL REFERENCES party (eori), member_state CHAR(2) NOT NULL,"
    " sha256 CHAR(64) NOT NULL, subject VARCHAR(127) NOT NULL, not_before BIGINT NOT NULL, not_after BIGINT NOT NULL,"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2), PRIMARY KEY (eori, member_state, sha256));"
    "CREATE INDEX certificate_sha256 ON certificate (sha256);";

/* Whether a certificate was registered although its pre-flight was left out. */
const char ens__sql_registry_unchecked[] =
    "ALTER TABLE certificate ADD COLUMN unchecked INTEGER NOT NULL DEFAULT 0 CHECK (unchecked BETWEEN 0 AND 1);";

/* The customs side (filing.h). */
static const char schema_5[] =
    "CREATE TABLE filing (mrn VARCHAR(18) PRIMARY KEY, space VARCHAR(64) NOT NULL, action VARCHAR(128) NOT NULL,"
    " lrn VARCHAR(280) NOT NULL, declarant VARCHAR(280) NOT NULL, party VARCHAR(64) NOT NULL, state SMALLINT NOT NULL,"
    " registered_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, body BLOB NOT NULL, version BIGINT NOT NULL);"
    "CREATE INDEX filing_lrn ON filing (lrn, space);"
    "CREATE TABLE filing_key (mrn VARCHAR(18) NOT NULL, kind SMALLINT NOT NULL, text VARCHAR(280) NOT NULL,"
    " PRIMARY KEY (mrn, kind, text));"
    "CREATE INDEX filing_key_text ON filing_key (kind, text);"
    "CREATE TABLE filing_document (mrn VARCHAR(18) PRIMARY KEY, packed SMALLINT NOT NULL, document BLOB NOT NULL);"
    "CREATE TABLE filing_reference (space VARCHAR(64) NOT NULL, person VARCHAR(280) NOT NULL,"
    " reference VARCHAR(280) NOT NULL, mrn VARCHAR(18) NOT NULL, PRIMARY KEY (space, person, reference));"
    "CREATE TABLE filing_notice (message_id VARCHAR(256) PRIMARY KEY, mrn VARCHAR(18) NOT NULL,"
    " person VARCHAR(280) NOT NULL, action VARCHAR(128) NOT NULL, at BIGINT NOT NULL, document BLOB NOT NULL);"
    "CREATE INDEX filing_notice_mrn ON filing_notice (mrn, at);"
    "CREATE TABLE preference (eori VARCHAR(280) PRIMARY KEY, party_id VARCHAR(64) NOT NULL,"
    " wants VARCHAR(512) NOT NULL);"
    "CREATE TABLE clock (space VARCHAR(64) PRIMARY KEY, ahead BIGINT NOT NULL, frozen BIGINT NOT NULL);";

static const char schema_6[] = "CREATE INDEX journal_party ON journal (party, seq);";

/* LRN and MRN of business documents; NULL in rows of an Ensign that did not look for them. */
static const char schema_7[] = "ALTER TABLE journal ADD COLUMN lrn VARCHAR(512);"
                               "ALTER TABLE journal ADD COLUMN mrn VARCHAR(512);"
                               "CREATE INDEX journal_lrn ON journal (lrn, seq) WHERE lrn <> '';"
                               "CREATE INDEX journal_mrn ON journal (mrn, seq) WHERE mrn <> '';"
                               "CREATE INDEX journal_unread ON journal (seq) WHERE lrn IS NULL;"
                               "ALTER TABLE outbound ADD COLUMN lrn VARCHAR(512);"
                               "ALTER TABLE outbound ADD COLUMN mrn VARCHAR(512);";

/* Segments (segment.h), which files have alone: a row of octets may say where they are instead. bytes below 0: the file
 * is to go. */
static const char schema_8[] =
    "CREATE TABLE segment (id INTEGER PRIMARY KEY, day BIGINT NOT NULL, bytes BIGINT NOT NULL, placed BIGINT NOT NULL,"
    " first_octets BIGINT NOT NULL, salt BLOB NOT NULL);";

/* What was predicted of messages, beside what was answered (ledger.h). */
static const char schema_9[] =
    "CREATE TABLE ledger (id INTEGER PRIMARY KEY, seq BIGINT, answer_seq BIGINT, at BIGINT NOT NULL,"
    " learned SMALLINT NOT NULL, held SMALLINT NOT NULL, target VARCHAR(1024) NOT NULL,"
    " message_id VARCHAR(256) NOT NULL, action VARCHAR(128) NOT NULL, party VARCHAR(64) NOT NULL,"
    " refs_sha256 BLOB NOT NULL, predicted SMALLINT NOT NULL, predicted_ebms VARCHAR(64) NOT NULL,"
    " predicted_subcode VARCHAR(64) NOT NULL, predicted_reply VARCHAR(64) NOT NULL, check_id VARCHAR(128) NOT NULL,"
    " rule VARCHAR(256) NOT NULL, detail VARCHAR(1024) NOT NULL, answered SMALLINT NOT NULL, http INTEGER NOT NULL,"
    " answered_ebms VARCHAR(64) NOT NULL, answered_subcode VARCHAR(64) NOT NULL,"
    " answered_reply VARCHAR(64) NOT NULL, answered_detail VARCHAR(1024) NOT NULL, agreement SMALLINT NOT NULL,"
    " difference SMALLINT NOT NULL);"
    "CREATE INDEX ledger_agreement ON ledger (agreement, id);"
    "CREATE INDEX ledger_message ON ledger (message_id, id);";

const char *const ens__sql_migration[ENS_STORE_SCHEMA] = {
    schema_1, schema_2, ens__sql_registry, ens__sql_registry_unchecked, schema_5, schema_6,
    schema_7, schema_8, schema_9};

#define JOURNAL_ROW                                                                                                    \
    "SELECT seq, at, direction, kind, verdict, action, message_id, ref_to, party, ebms, peer, detail, lrn, mrn, "      \
    "CASE WHEN lrn IS NULL THEN 1 ELSE 0 END, bytes, sha256 FROM journal "
#define JOURNAL_FILTER                                                                                                 \
    "AND seq > ?1 AND seq <= ?2 AND (?3 = '' OR party = ?3) AND (?4 < 0 OR direction = ?4) AND (?5 < 0 OR kind = ?5) " \
    "AND (?7 = '' OR lrn = ?7) AND (?8 = '' OR mrn = ?8) ORDER BY seq LIMIT ?6"

#define LEDGER_ROW                                                                                                     \
    "SELECT id, seq, answer_seq, at, learned, held, target, message_id, action, party, refs_sha256, predicted, "       \
    "predicted_ebms, predicted_subcode, predicted_reply, check_id, rule, detail, answered, http, answered_ebms, "      \
    "answered_subcode, answered_reply, answered_detail, agreement, difference FROM ledger "

#define OUTBOUND_ROW                                                                                                   \
    "SELECT x.message_id, x.ref_to, x.action, x.party, x.mpc, x.url, x.note, x.ebms, x.detail, x.mode, x.category, "   \
    "x.attempts, x.tries, x.state, x.token, x.next_at, x.http, x.lrn, x.mrn"

/* Of the party ids of an EORI, [SYSTEM@]EORI[@MS]: what stands before and behind it is in the parameters. */
#define OF_EORI "(party = ?1 OR party LIKE ?2 OR party LIKE ?3 OR party LIKE ?4)"
#define FILING_ROW                                                                                                     \
    "SELECT f.mrn, f.space, f.action, f.lrn, f.declarant, f.party, f.body, f.state, f.version, f.registered_at, "      \
    "f.changed_at FROM "

/* What may not go yet: the first answer of a message that may come again, a message still to be sent, one that work is
 * open for. */
#define NOT_HELD                                                                                                       \
    "(j.owns = 0 OR (NOT EXISTS (SELECT 1 FROM inbound i WHERE i.answer = j.octets) "                                  \
    "AND NOT EXISTS (SELECT 1 FROM outbound x WHERE x.octets = j.octets AND x.state = 0) "                             \
    "AND NOT EXISTS (SELECT 1 FROM work w WHERE w.octets = j.octets)))"
/* Messages of one kind that were delivered or given up within a time, as an index has them. */
#define SENT "state = ?1 AND mode = ?2 AND category = ?3 AND next_at >= ?4 AND next_at < ?5"

/* A sum keeps SQLite from another index than the one of tokens, where only claimed messages stand. */
#define CLAIM_OUTBOUND(which)                                                                                          \
    "WITH c AS (SELECT message_id FROM outbound WHERE " which ENS_SQL_FREE                                             \
    ") UPDATE outbound SET lease_until = ?1 + bytes / 64, token = ?2, attempts = attempts + 1"                         \
    " WHERE message_id IN (SELECT message_id FROM c)"

const char *const ens__sql_text[ENS_SQL_STATEMENTS] = {
    [ENS_SQL_COUNT] = "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE"
                      " SET value = counter.value + excluded.value RETURNING value",
    [ENS_SQL_ADD] = "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE"
                    " SET value = counter.value + excluded.value",
    [ENS_SQL_MARK] = "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE"
                     " SET value = excluded.value",
    [ENS_SQL_LOOK_BACK] = "SELECT value FROM counter WHERE name = ?1" ENS_SQL_HELD,
    [ENS_SQL_FORGET_MARKS] = "DELETE FROM counter WHERE name > ?1 AND name < ?2",
    [ENS_SQL_TIME] = "SELECT CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)", /* not of SQLite */
    [ENS_SQL_COUNTER] = "SELECT value FROM counter WHERE name = ?1",
    [ENS_SQL_PUT_OCTETS] = "INSERT INTO octets (id, raw) VALUES (?1, ?2)",
    [ENS_SQL_PUT_JOURNAL] =
        "INSERT INTO journal (seq, stored_at, at, direction, kind, verdict, action, message_id, ref_to,"
        " about, party, ebms, peer, detail, octets, owns, bytes, sha256, lrn, mrn)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
    [ENS_SQL_LIST_JOURNAL] = JOURNAL_ROW "WHERE seq > ?1 " JOURNAL_FILTER,
    [ENS_SQL_LIST_ABOUT] = JOURNAL_ROW "WHERE about = ?9 " JOURNAL_FILTER,
    [ENS_SQL_LIST_PARTY] = JOURNAL_ROW "WHERE party = ?3 " JOURNAL_FILTER,
    [ENS_SQL_LIST_LRN] = JOURNAL_ROW "WHERE lrn = ?7 AND lrn <> '' " JOURNAL_FILTER,
    [ENS_SQL_LIST_MRN] = JOURNAL_ROW "WHERE mrn = ?8 AND mrn <> '' " JOURNAL_FILTER,
    [ENS_SQL_UNREAD] = "SELECT seq, kind, about FROM journal WHERE lrn IS NULL AND seq > ?1 ORDER BY seq LIMIT ?2",
    [ENS_SQL_READ_ABOUT] = "SELECT lrn, mrn FROM journal WHERE about = ?1 AND kind = 0 AND lrn IS NOT NULL"
                           " ORDER BY seq LIMIT 1",
    [ENS_SQL_SET_READ] = "UPDATE journal SET lrn = ?2, mrn = ?3 WHERE seq = ?1",
    [ENS_SQL_OWN_OCTETS] = "SELECT octets, about, party FROM journal WHERE seq = ?1 AND owns = 1" ENS_SQL_HELD,
    [ENS_SQL_RELEASE] = "DELETE FROM work WHERE kind = 'hold' AND action = ?1",
    [ENS_SQL_GET_RAW] = "SELECT o.raw FROM journal j JOIN octets o ON o.id = j.octets WHERE j.seq = ?1",
    [ENS_SQL_PUT_INBOUND] = "INSERT INTO inbound (message_id, refs_sha256, sha256, stored_at, octets, answer)"
                            " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (message_id) DO NOTHING",
    [ENS_SQL_GET_INBOUND] =
        "SELECT i.refs_sha256, i.sha256, i.answer, a.raw, o.id FROM inbound i JOIN octets a ON a.id = i.answer"
        " LEFT JOIN octets o ON o.id = i.octets WHERE i.message_id = ?1",
    [ENS_SQL_GET_STORED] =
        "SELECT i.refs_sha256, o.raw FROM inbound i JOIN octets o ON o.id = i.answer WHERE i.message_id = ?1",
    [ENS_SQL_PUT_WORK] =
        "INSERT INTO work (id, kind, message_id, party, action, body, octets, due_at, lease_until, token, attempts)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, 0) ON CONFLICT (id) DO NOTHING",
    [ENS_SQL_CLAIM_WORK] =
        "WITH c AS (SELECT id FROM work WHERE due_at <= ?3 AND (?4 = '' OR kind = ?4) AND lease_until <= ?5"
        " ORDER BY due_at, id LIMIT ?6" ENS_SQL_FREE ") UPDATE work SET lease_until = ?1, token = ?2,"
        " attempts = attempts + 1 WHERE id IN (SELECT id FROM c)",
    [ENS_SQL_CLAIMED_WORK] =
        "SELECT w.id, w.kind, w.body, w.message_id, w.party, w.action, w.due_at, w.attempts, o.raw FROM work w"
        " LEFT JOIN octets o ON o.id = w.octets WHERE w.token = ?1",
    [ENS_SQL_HELD_WORK] = "SELECT message_id, party, action, octets FROM work WHERE id = ?1 AND token = ?2",
    [ENS_SQL_DROP_WORK] = "DELETE FROM work WHERE id = ?1 AND token = ?2",
    [ENS_SQL_DEFER_WORK] = "UPDATE work SET due_at = ?3, lease_until = 0, token = 0 WHERE id = ?1 AND token = ?2",
    [ENS_SQL_PUT_OUTBOUND] =
        "INSERT INTO outbound (message_id, ref_to, action, party, mpc, url, note, mode, category, counter, state, "
        "octets, owned,"
        " sha256, bytes, attempts, tries, next_at, lease_until, token, http, ebms, detail, lrn, mrn) VALUES (?1, ?2, "
        "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, 0, ?12, ?13, 0, ?14, ?15, 0, 0, 0, '', '', ?16, ?17)"
        " ON CONFLICT (message_id) DO NOTHING",
    [ENS_SQL_CLAIM_PUSH] =
        CLAIM_OUTBOUND("state = 0 AND mode = 0 AND category = ?3 AND next_at <= ?4 AND lease_until <= ?4"
                       " ORDER BY next_at, counter LIMIT ?5"),
    [ENS_SQL_CLAIM_PULL] =
        CLAIM_OUTBOUND("party = ?3 AND mpc = ?4 AND state = 0 AND mode = 1 AND next_at <= ?5 AND lease_until <= ?5"
                       " ORDER BY category, counter LIMIT ?6"),
    [ENS_SQL_CLAIM_SPENT] =
        CLAIM_OUTBOUND("token > 0 AND state + 0 = 0 AND mode + 0 = 1 AND attempts >= tries AND lease_until <= ?3"
                       " ORDER BY token LIMIT ?4"),
    [ENS_SQL_CLAIMED_OUTBOUND] =
        OUTBOUND_ROW ", o.raw FROM outbound x JOIN octets o ON o.id = x.octets WHERE x.token = ?1 AND x.state = 0"
                     " ORDER BY x.category, x.mode * x.counter, x.next_at, x.counter",
    [ENS_SQL_HELD_OUTBOUND] = "SELECT token, state, octets, owned, sha256, attempts, tries, action, party, ref_to, "
                              "next_at, bytes, mode, lrn, mrn, CASE WHEN lrn IS NULL THEN 1 ELSE 0 END FROM outbound"
                              " WHERE message_id = ?1",
    [ENS_SQL_GET_OUTBOUND] = OUTBOUND_ROW ", o.raw, a.raw FROM outbound x LEFT JOIN octets o ON o.id = x.octets"
                                          " LEFT JOIN octets a ON a.id = x.answer WHERE x.message_id = ?1",
    [ENS_SQL_LIST_OUTBOUND] =
        OUTBOUND_ROW " FROM outbound x WHERE x.state = ?1 AND x.message_id > ?2 ORDER BY x.message_id LIMIT ?3",
    [ENS_SQL_OWN_OUTBOUND] = "UPDATE outbound SET owned = 1 WHERE message_id = ?1",
    [ENS_SQL_KNOWN_REQUEST] =
        "SELECT seq FROM journal WHERE about = ?1 AND direction = 0 AND kind = 3 AND verdict = 1 ORDER BY seq LIMIT 1",
    [ENS_SQL_SETTLE_OUTBOUND] = "UPDATE outbound SET state = ?3, next_at = ?4, lease_until = 0, token = 0, attempts = "
                                "?5, http = ?6, ebms = ?7, detail = ?8,"
                                " answer = ?9, owned = ?10 WHERE message_id = ?1 AND token = ?2 AND state = 0",
    [ENS_SQL_REVIVE_OUTBOUND] =
        "UPDATE outbound SET state = 0, attempts = 0, tries = ?2, next_at = ?3, lease_until = 0, token = 0, http = 0, "
        "ebms = '', detail = '' WHERE message_id = ?1 AND state = 2",
    [ENS_SQL_RESEND_OUTBOUND] =
        "UPDATE outbound SET state = 0, attempts = 0, tries = ?2, next_at = ?3, lease_until = 0, token = 0, http = 0, "
        "ebms = '', detail = '' WHERE message_id = ?1 AND state <> 0",
    [ENS_SQL_NEXT_PUSH] =
        "SELECT COUNT(*), COALESCE(MIN(CASE WHEN lease_until > next_at THEN lease_until ELSE next_at END), 0)"
        " FROM outbound WHERE state = 0 AND mode = 0",
    [ENS_SQL_PUT_CHANNEL] =
        "INSERT INTO channel (party_id, mode, url) VALUES (?1, ?2, ?3) ON CONFLICT (party_id) DO UPDATE SET"
        " mode = excluded.mode, url = excluded.url",
    [ENS_SQL_GET_CHANNEL] = "SELECT mode, url FROM channel WHERE party_id = ?1",
    [ENS_SQL_PUT_FILING] =
        "INSERT INTO filing (mrn, space, action, lrn, declarant, party, state, registered_at, changed_at, body, "
        "version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 + 1) ON CONFLICT (mrn) DO NOTHING",
    [ENS_SQL_SET_FILING] =
        "UPDATE filing SET space = ?2, action = ?3, lrn = ?4, declarant = ?5, party = ?6, state = ?7,"
        " registered_at = ?8, changed_at = ?9, body = ?10, version = version + 1 WHERE mrn = ?1 AND version = ?11",
    [ENS_SQL_GET_FILING] = FILING_ROW "filing f WHERE f.mrn = ?1",
    [ENS_SQL_LIST_FILINGS] = FILING_ROW "filing f WHERE f.mrn > ?1 AND (?2 = '*' OR f.space = ?2)"
                                        " AND (?3 = '' OR f.lrn = ?3) AND (?4 < 0 OR f.state = ?4)"
                                        " ORDER BY f.mrn LIMIT ?5",
    [ENS_SQL_FILINGS_BY_KEY] = FILING_ROW "filing_key k JOIN filing f ON f.mrn = k.mrn"
                                          " WHERE k.kind = ?1 AND k.text = ?2 AND f.space = ?3"
                                          " ORDER BY f.registered_at, f.mrn LIMIT ?4",
    [ENS_SQL_DROP_FILING_KEYS] = "DELETE FROM filing_key WHERE mrn = ?1",
    [ENS_SQL_PUT_FILING_KEY] =
        "INSERT INTO filing_key (mrn, kind, text) VALUES (?1, ?2, ?3) ON CONFLICT (mrn, kind, text) DO NOTHING",
    [ENS_SQL_KEYS_OF_FILING] = "SELECT kind, text FROM filing_key WHERE mrn = ?1 ORDER BY kind, text",
    [ENS_SQL_PUT_FILING_DOCUMENT] =
        "INSERT INTO filing_document (mrn, packed, document) VALUES (?1, ?2, ?3) ON CONFLICT (mrn) DO UPDATE SET"
        " packed = excluded.packed, document = excluded.document",
    [ENS_SQL_GET_FILING_DOCUMENT] = "SELECT packed, document FROM filing_document WHERE mrn = ?1",
    [ENS_SQL_PUT_REFERENCE] = "INSERT INTO filing_reference (space, person, reference, mrn) VALUES (?1, ?2, ?3, ?4)"
                              " ON CONFLICT (space, person, reference) DO NOTHING",
    [ENS_SQL_GET_REFERENCE] = "SELECT mrn FROM filing_reference WHERE space = ?1 AND person = ?2 AND reference = ?3",
    [ENS_SQL_PUT_NOTICE] = "INSERT INTO filing_notice (message_id, mrn, person, action, at, document)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (message_id) DO NOTHING",
    [ENS_SQL_LIST_NOTICES] = "SELECT message_id, mrn, person, action, at, document FROM filing_notice WHERE mrn = ?1"
                             " ORDER BY at, message_id",
    [ENS_SQL_PUT_PREFERENCE] =
        "INSERT INTO preference (eori, party_id, wants) VALUES (?1, ?2, ?3) ON CONFLICT (eori) DO UPDATE SET"
        " party_id = excluded.party_id, wants = excluded.wants",
    [ENS_SQL_GET_PREFERENCE] = "SELECT party_id, wants FROM preference WHERE eori = ?1",
    [ENS_SQL_PUT_CLOCK] = "INSERT INTO clock (space, ahead, frozen) VALUES (?1, ?2, ?3) ON CONFLICT (space) DO UPDATE"
                          " SET ahead = excluded.ahead, frozen = excluded.frozen",
    [ENS_SQL_RESET_KEYS] = "DELETE FROM filing_key WHERE mrn IN (SELECT mrn FROM filing WHERE space = ?1)",
    [ENS_SQL_RESET_DOCUMENTS] = "DELETE FROM filing_document WHERE mrn IN (SELECT mrn FROM filing WHERE space = ?1)",
    [ENS_SQL_RESET_NOTICES] = "DELETE FROM filing_notice WHERE mrn IN (SELECT mrn FROM filing WHERE space = ?1)",
    [ENS_SQL_RESET_REFERENCES] = "DELETE FROM filing_reference WHERE space = ?1",
    [ENS_SQL_RESET_FILINGS] = "DELETE FROM filing WHERE space = ?1",
    [ENS_SQL_RESET_OUTBOUND] =
        "UPDATE outbound SET state = 2, lease_until = 0, token = 0, detail = 'the space was reset'"
        " WHERE state = 0 AND " OF_EORI,
    [ENS_SQL_RESET_REPLIES] = "DELETE FROM work WHERE kind = 'reply' AND " OF_EORI,
    [ENS_SQL_RESET_LIFE] = "DELETE FROM work WHERE kind = ?1",
    [ENS_SQL_RESET_MARK] = "INSERT INTO counter (name, value) SELECT ?1, COALESCE(MAX(value), 0) FROM counter"
                           " WHERE name = 'journal' ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [ENS_SQL_LIST_CLOCKS] = "SELECT space, ahead, frozen FROM clock ORDER BY space",
    [ENS_SQL_MEND_WORK] = "UPDATE work SET lease_until = 0 WHERE lease_until > ?1",
    [ENS_SQL_MEND_LEASES] = "UPDATE outbound SET lease_until = 0 WHERE state = 0 AND lease_until > ?1",
    [ENS_SQL_MEND_RETRIES] = "UPDATE outbound SET next_at = ?1 WHERE state = 0 AND next_at > ?2",
    [ENS_SQL_PRUNE_INBOUND] = "DELETE FROM inbound WHERE stored_at < ?1 AND stored_at <= COALESCE((SELECT stored_at"
                              " FROM inbound WHERE stored_at < ?1 ORDER BY stored_at LIMIT 1 OFFSET ?2), ?1)",
    [ENS_SQL_SENT_BEHIND] = "SELECT next_at FROM outbound WHERE " SENT " ORDER BY next_at LIMIT 1 OFFSET ?6",
    [ENS_SQL_PRUNE_OUTBOUND] = "DELETE FROM outbound WHERE " SENT,
    [ENS_SQL_ROW_BEHIND] = "SELECT seq, stored_at FROM journal WHERE seq > ?1 ORDER BY seq LIMIT 1 OFFSET ?2",
    [ENS_SQL_AGED_FROM] = "SELECT seq FROM journal WHERE stored_at < ?1 AND seq >= ?2 ORDER BY stored_at, seq LIMIT 1",
    [ENS_SQL_PRUNE_ROWS] = "DELETE FROM journal AS j WHERE j.seq >= ?1 AND j.seq < ?2 AND j.stored_at < ?3"
                           " AND " NOT_HELD " RETURNING octets, owns, bytes",
    [ENS_SQL_PRUNE_OCTETS] = "DELETE FROM octets WHERE id >= ?1 AND id <= ?2",
    [ENS_SQL_COUNT_WORK] = "SELECT COUNT(*) FROM work WHERE kind <> 'hold'",
    [ENS_SQL_COUNT_OUTBOUND] = "SELECT COUNT(*) FROM outbound WHERE state = ?1",
    [ENS_SQL_PUT_LEDGER] =
        "INSERT INTO ledger (id, seq, answer_seq, at, learned, held, target, message_id, action, party, refs_sha256, "
        "predicted, predicted_ebms, predicted_subcode, predicted_reply, check_id, rule, detail, answered, http, "
        "answered_ebms, answered_subcode, answered_reply, answered_detail, agreement, difference) VALUES (?1, ?2, ?3, "
        "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)",
    [ENS_SQL_LIST_LEDGER] = LEDGER_ROW "WHERE id > ?1 AND (?2 < 0 OR agreement = ?2) ORDER BY id LIMIT ?3",
    [ENS_SQL_LEDGER_ABOUT] =
        LEDGER_ROW "WHERE message_id = ?4 AND id > ?1 AND (?2 < 0 OR agreement = ?2) ORDER BY id LIMIT ?3",
    /* answered: a receipt, proven or not; or the message that was pulled */
    [ENS_SQL_LEDGER_EARLIER] = "SELECT refs_sha256 FROM ledger WHERE message_id = ?1 AND target = ?2 AND learned = 0"
                               " AND answered IN (1, 2, 5) ORDER BY id LIMIT 1",
    [ENS_SQL_COUNT_LEDGER] = "SELECT agreement, held, COUNT(*) FROM ledger GROUP BY agreement, held",
};

char *ens__sql_for_postgres(const char *sql)
{
    static const char *const words[][2] = {{ENS_SQL_FREE, " FOR UPDATE SKIP LOCKED"},
                                           {ENS_SQL_HELD, " FOR UPDATE"},
                                           {"INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY"},
                                           {" BLOB", " BYTEA"},
                                           {"?", "$"}};
    ens_buf b;
    ens_buf_init(&b, NULL, 0, POSTGRES_TEXT_MAX);
    for (const char *at = sql; *at;) {
        size_t i = 0;
        while (i < sizeof words / sizeof *words && strncmp(at, words[i][0], strlen(words[i][0])) != 0)
            i++;
        bool found = i < sizeof words / sizeof *words;
        ens_buf_add(&b, found ? words[i][1] : at, found ? strlen(words[i][1]) : 1);
        at += found ? strlen(words[i][0]) : 1;
    }
    ens_buf_add(&b, "", 1);
    char *out = ens_buf_done(&b, NULL) == ENS_OK ? strdup((const char *)b.p) : NULL;
    ens_buf_free(&b);
    return out;
}
