/* Moulds beside the scanner: a document that fits a mould is one that the scanner takes, with the same records and the
 * same canonical forms. Documents are made from one that was learnt: other texts in its gaps, and octets altered,
 * taken out and put in anywhere, by the steps of a script. No less than a third of them fits. */
#include "tests/fuzz/target.h"

#include "engine/base/digest.h"
#include "engine/xml/tree/mould.h"

#define DOCUMENT_MAX ((size_t)64 << 10)
#define PLACES_MAX 64u

static const char *const known[] = {"urn:e", "urn:h", "urn:d", NULL};

/* What stacks write: one line; indented, with comments, references and quotes of both kinds; declarations on the
 * way. */
static const char *const documents[] = {
    "<e:Envelope xmlns:e=\"urn:e\"><e:Header><h:Messaging xmlns:h=\"urn:h\" xmlns:w=\"urn:w\" e:must=\"true\" "
    "w:Id=\"_1\"><h:Info><h:Time>2026-11-28T12:00:00Z</h:Time><h:Id>a1b2@c</h:Id></h:Info><h:Part href=\"cid:x\"/>"
    "<h:Property name=\"Mime\">application/xml</h:Property><h:None></h:None></h:Messaging>"
    "<d:Signature xmlns:d=\"urn:d\"><d:Info><d:Method Alg=\"urn:m\"><c:Inc xmlns:c=\"urn:c\" PrefixList=\"e "
    "h\"/></d:Method><d:Value>QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY3ODkwQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
    "</d:Value></d:Info></d:Signature></e:Header><e:Body w:Id=\"_2\" xmlns:w=\"urn:w\"/></e:Envelope>",
    "<?xml version='1.0' encoding=\"UTF-8\"?>\n<!-- a --><Envelope xmlns=\"urn:e\" xmlns:w='urn:w'>\n  <Header  "
    "w:b='two' w:a=\"one\" c = \"three\">\n    <h:A xmlns:h=\"urn:h\" h:z=\"1\" y=\"a &amp; b\">x &lt; y</h:A>\n    "
    "<B>M\xC3\xBCller</B>\n    <B q='\"'>text\tand\nlines</B><!-- b --><C>one<!-- c -->two</C>\n  </Header>\n  "
    "<Body>\n    <D xmlns=\"\" w:Id=\"d\">z</D>\n  </Body>\n</Envelope>\n",
    "<a b=\"1\">x</a>",
};
#define DOCUMENTS (sizeof documents / sizeof *documents)

static const char *const texts[] = {"x",
                                    "_7",
                                    "2027-01-01T00:00:00.000Z",
                                    "application/xml",
                                    "a b",
                                    "\t\n",
                                    "\"",
                                    "'",
                                    "QUJD\nREVG",
                                    "e h",
                                    "e",
                                    "a/b?c=d#e",
                                    "\x7F",
                                    "]]",
                                    "=",
                                    "--",
                                    "0",
                                    "&amp;",
                                    ">",
                                    "<b/>",
                                    "\r",
                                    "\xC3\xA9",
                                    "&",
                                    "]]>",
                                    "\x01",
                                    "\"><",
                                    "</a>",
                                    "xmlns:q=\"u\"",
                                    "<!--",
                                    ""};
#define TEXTS (sizeof texts / sizeof *texts)
#define GOOD_TEXTS 17u /* of them: the first, most of which may stand anywhere */

typedef struct {
    ens_moulds *moulds;
    ens_tree_scanner scanner;
    ens_canon *canon, *other;
    ens_tree scanned;
    ens_arena arena;
    ens_buf text, made, theirs;
    size_t gap[DOCUMENTS][PLACES_MAX]; /* where a text or a value begins, by a look at the document as a string */
    unsigned num_gaps[DOCUMENTS];
    size_t place[PLACES_MAX]; /* … and in the one that is made */
    unsigned long long num, fitted;
} bench;

/* find_places notes where texts and values begin. */
static void find_places(bench *b, unsigned d)
{
    for (const char *p = documents[d]; *p; p++)
        if (((*p == '>' && p[1] && p[1] != '<' && p[1] != '\n') || (*p == '"' && p > documents[d] && p[-1] == '=')) &&
            b->num_gaps[d] < PLACES_MAX)
            b->gap[d][b->num_gaps[d]++] = (size_t)(p + 1 - documents[d]);
}

/* learn_one asks for the canonical form of every element. */
static void learn_one(bench *b, unsigned d)
{
    ens_mould_apex apex[ENS_MOULD_FORMS_MAX];
    unsigned num = 0;
    ens_tree tree = {0};
    ENS_HOLDS(ens__tree_scan(&tree, &b->scanner, ens_str(documents[d]), &b->arena, NULL) == ENS_OK);
    for (uint32_t i = 0; i < tree.num && num < ENS_MOULD_FORMS_MAX; i++)
        apex[num++] = (ens_mould_apex){i, i % 3 == 1 ? ENS_LIT("e h #default") : (ens_slice){0}};
    ENS_HOLDS(ens__moulds_learn(b->moulds, ens_str(documents[d]), apex, num));
    ens__tree_clear(&tree);
}

static bench *make_bench(void)
{
    bench *b = calloc(1, sizeof *b);
    ENS_HOLDS(b && (b->moulds = ens__moulds_new(known)) && (b->canon = ens__canon_new()) &&
              (b->other = ens__canon_new()) && ens__tree_scanner_init(&b->scanner, known, NULL) == ENS_OK);
    ens_arena_init(&b->arena, (size_t)16 << 20);
    ens_buf_init(&b->text, NULL, 0, DOCUMENT_MAX);
    ens_buf_init(&b->made, NULL, 0, 4 * DOCUMENT_MAX);
    ens_buf_init(&b->theirs, NULL, 0, 4 * DOCUMENT_MAX);
    for (unsigned d = 0; d < DOCUMENTS; d++) {
        find_places(b, d);
        learn_one(b, d);
    }
    return b;
}

/* splice puts octets in the place of others, and moves the places behind them. */
static void splice(bench *b, size_t at, size_t len, ens_slice by)
{
    static uint8_t rest[DOCUMENT_MAX];
    ens_buf *text = &b->text;
    at = at < text->len ? at : text->len;
    len = len < text->len - at ? len : text->len - at;
    size_t behind = text->len - at - len;
    memcpy(rest, text->p + at + len, behind);
    text->len = at;
    ens_buf_put(text, by);
    ens_buf_add(text, rest, behind);
    for (unsigned i = 0; i < PLACES_MAX; i++)
        if (b->place[i] > at)
            b->place[i] = b->place[i] + by.len > at + len ? b->place[i] + by.len - len : at;
}

/* fill puts another text where one stands. */
static void fill(bench *b, size_t from, uint8_t text)
{
    size_t to = from;
    uint8_t quote = from && b->text.p[from - 1] == '"' ? '"' : '<';
    while (to < b->text.len && b->text.p[to] != quote)
        to++;
    splice(b, from, to - from, ens_str(texts[text % (text % 4 ? GOOD_TEXTS : TEXTS)]));
}

/* alter makes the document of a script. The first octet chooses what it is made of; of the steps most fill a gap, and
 * some alter octets anywhere. */
static void alter(bench *b, const uint8_t *script, size_t len)
{
    unsigned d = len ? script[0] % DOCUMENTS : 0;
    memcpy(b->place, b->gap[d], sizeof b->place);
    b->text.len = 0;
    ens_buf_text(&b->text, documents[d]);
    for (size_t i = 1; i + 2 < len; i += 3) {
        size_t at = (script[i + 1] | ((size_t)script[i] << 8 & 0x700)) % (b->text.len + 1);
        uint8_t octet = script[i + 2];
        if (script[i] % 8 != 7)
            fill(b, b->place[script[i + 1] % b->num_gaps[d]], octet);
        else if (script[i] % 64 < 24)
            splice(b, at, 1, ens_bytes(&octet, 1));
        else if (script[i] % 64 < 48)
            splice(b, at, octet % 4, ens_str(texts[octet % TEXTS]));
        else
            splice(b, at, octet % 16, (ens_slice){0});
    }
}

static bool same_slice(ens_slice a, ens_slice b)
{
    return !a.p == !b.p && ens_eq(a, b);
}

static void compare_nodes(bench *b, const ens_node *x, const ens_node *y)
{
    ENS_HOLDS(same_slice(x->prefix, y->prefix) && ens_eq(x->local, y->local) && x->ns == y->ns);
    ENS_HOLDS(x->up == y->up && x->span == y->span && x->at == y->at && x->end == y->end);
    ENS_HOLDS(x->in_pieces == y->in_pieces && x->begins_aside == y->begins_aside);
    ENS_HOLDS(same_slice(ens__node_text(x, &b->arena), ens__node_text(y, &b->arena)));
    ENS_HOLDS(x->num_attributes == y->num_attributes);
    for (unsigned i = 0; i < x->num_attributes; i++) {
        const ens_node_attribute *p = &x->attribute[i], *q = &y->attribute[i];
        ENS_HOLDS(ens_eq(p->local, q->local) && p->ns == q->ns && same_slice(p->value, q->value));
    }
}

static void put_buf(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
}

/* compare_forms: what is kept of a form is what the canonicaliser makes of the document itself. */
static void compare_forms(bench *b, const ens_node *x, const ens_node *y, ens_slice list)
{
    b->made.len = b->theirs.len = 0;
    if (ens__tree_canon(&b->scanner, b->canon, x, list, (ens_canon_sink){put_buf, &b->made}, NULL) != ENS_OK)
        return; /* not kept */
    ENS_HOLDS(ens__tree_canon(&b->scanner, b->other, y, list, (ens_canon_sink){put_buf, &b->theirs}, NULL) == ENS_OK);
    ENS_HOLDS(ens_eq(ens_buf_slice(&b->made), ens_buf_slice(&b->theirs)));
}

static bench *b; /* of all inputs */

bool soak_tell(void);
bool soak_tell(void)
{
    printf("%llu of %llu documents fitted a mould\n", b->fitted, b->num);
    return b->fitted >= b->num / 3;
}

ENS_FUZZ_TARGET(mould)
{
    b = b ? b : make_bench();
    ens_arena_reset(&b->arena);
    alter(b, data, size);
    uint8_t *copy = malloc(b->text.len ? b->text.len : 1); /* of its own size: a read past the end is seen */
    if (!copy || b->text.failed)
        abort();
    memcpy(copy, b->text.p, b->text.len);
    ens_slice text = {copy, b->text.len};
    const ens_tree *fitted = ens__moulds_fit(b->moulds, text, &b->arena);
    b->num++;
    b->fitted += fitted != NULL;
    if (fitted) {
        ENS_HOLDS(ens__tree_scan(&b->scanned, &b->scanner, text, &b->arena, NULL) == ENS_OK);
        ENS_HOLDS(fitted->num == b->scanned.num && fitted->num_instructions == b->scanned.num_instructions);
        for (size_t i = 0; i < fitted->num; i++) {
            compare_nodes(b, &fitted->node[i], &b->scanned.node[i]);
            compare_forms(b, &fitted->node[i], &b->scanned.node[i],
                          i % 3 == 1 ? ENS_LIT("e h #default") : (ens_slice){0});
        }
    }
    free(copy);
}
