/* An index function made of vectors of one width. Included once for each set of instructions by scan_index_x86.c, which
 * defines NAME, TARGET       the function, and the attribute that lets it use the instructions VECTOR, WIDTH      of
 * WIDTH bytes LOAD, SET, EQUAL, OR, BUT_NOT, SUBTRACT, LEAST, BITS and wants them again undefined. Not a header of its
 * own. */

/* The bytes of v that are at least first and less than first + n. */
TARGET static inline VECTOR CAT(NAME, _in)(VECTOR v, char first, char n)
{
    VECTOR from_first = SUBTRACT(v, SET(first));
    return EQUAL(LEAST(from_first, SET((char)(n - 1))), from_first);
}

TARGET static inline void CAT(NAME, _part)(const uint8_t *p, unsigned shift, block *b)
{
    VECTOR v = LOAD(p), cr = EQUAL(v, SET('\r')),
           angle = EQUAL(OR(v, SET(2)), SET('>')); /* '<' and '>' differ in that bit alone */
    VECTOR mark = OR(OR(angle, cr), EQUAL(v, SET('&'))), blank = OR(EQUAL(v, SET('\t')), EQUAL(v, SET('\n')));
    VECTOR quote = OR(EQUAL(v, SET('"')), EQUAL(v, SET('\'')));
    VECTOR letter = CAT(NAME, _in)(OR(v, SET(0x20)), 'a', 26), digit = CAT(NAME, _in)(v, '0', 10);
    VECTOR name = OR(OR(letter, digit), OR(CAT(NAME, _in)(v, '-', 2), EQUAL(v, SET('_'))));
    VECTOR control = BUT_NOT(CAT(NAME, _in)(v, 0, 0x20), OR(blank, cr));
    b->marks |= BITS(mark) << shift;
    b->values |= BITS(OR(mark, OR(blank, quote))) << shift;
    b->names |= BITS(name) << shift;
    b->odd |= BITS(OR(control, v)) << shift;
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
        mark = write_marks_by_eight(mark, b.marks, at);
    }
    *any_odd = seen != 0;
    return (size_t)(mark - maps->mark);
}
