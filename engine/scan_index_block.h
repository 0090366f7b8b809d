/* An index function made of vectors of one width. Included once for each set of instructions by scan_index_x86.c, which defines
 *   NAME, TARGET       the function, and the attribute that lets it use the instructions
 *   VECTOR, WIDTH      of WIDTH bytes
 *   LOAD, SET, EQUAL, OR, SUBTRACT, LEAST, BITS
 * and wants them again undefined. Not a header of its own. */

/* bits_in is the bytes of v that are at least first and less than first + n. */
TARGET static inline uint64_t CAT(NAME, _in)(VECTOR v, char first, char n)
{
    VECTOR from_first = SUBTRACT(v, SET(first));
    return BITS(EQUAL(LEAST(from_first, SET((char)(n - 1))), from_first));
}

TARGET static inline void CAT(NAME, _part)(const uint8_t *p, unsigned shift, block *b)
{
    VECTOR v = LOAD(p);
    VECTOR angle = EQUAL(OR(v, SET(2)), SET('>')); /* '<' differs from '>' in that bit alone */
    uint64_t marks = BITS(OR(OR(angle, EQUAL(v, SET('&'))), EQUAL(v, SET('\r'))));
    uint64_t blanks = BITS(OR(EQUAL(v, SET('\t')), EQUAL(v, SET('\n'))));
    uint64_t quotes = BITS(OR(EQUAL(v, SET('"')), EQUAL(v, SET('\''))));
    uint64_t names = CAT(NAME, _in)(OR(v, SET(0x20)), 'a', 26) | CAT(NAME, _in)(v, '0', 10) | CAT(NAME, _in)(v, '-', 2) | BITS(EQUAL(v, SET('_')));
    uint64_t controls = CAT(NAME, _in)(v, 0, 0x20) & ~(blanks | BITS(EQUAL(v, SET('\r'))));
    b->marks |= marks << shift;
    b->values |= (marks | blanks | quotes) << shift;
    b->names |= names << shift;
    b->odd |= (controls | BITS(v)) << shift;
}

TARGET size_t NAME(const uint8_t *p, size_t num, uint32_t at, const ens_scan_maps *maps, bool *any_odd)
{
    uint32_t *mark = maps->mark;
    uint64_t seen = 0;
    for (size_t i = 0; i < num; i++, p += ENS_SCAN_BLOCK, at += ENS_SCAN_BLOCK) {
        block b = {0};
        for (unsigned shift = 0; shift < ENS_SCAN_BLOCK; shift += WIDTH)
            CAT(NAME, _part)(p + shift, shift, &b);
        maps->not_name[i] = ~b.names;
        maps->not_value[i] = b.values;
        maps->odd[i] = b.odd;
        seen |= b.odd;
        mark = write_marks(mark, b.marks, at);
    }
    *any_odd = seen != 0;
    return (size_t)(mark - maps->mark);
}
