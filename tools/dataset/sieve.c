/* The sieve: one pass over a block of JSON lines that settles the sound chat examples among them.

   A line is let through only when it surely is {"messages": [...]} or that with "tools", as strict JSON in valid UTF-8,
   each key once, roles in an order that can be trained on, texts where texts must be, and every call answered. What is
   let through comes out as columns of numbers and as its texts, unescaped and joined. Every other line is left to
   Python, which knows why: to refuse a sound line costs time, to let a faulty one through would be wrong. What tools
   are defined, and whether arguments fit them, is not judged here; those lines are marked.

   Only the stable part of Python's interface is used, so one build serves every Python from 3.11 on. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SYSTEM, USER, ASSISTANT, TOOL, NO_ROLE };
static const char *const ROLES[] = {"system", "user", "assistant", "tool"};
enum { MOST_TURNS = 28, MOST_CALLS = 64, MOST_DEPTH = 64, MOST_SAID = 1 << 14 };
enum { ABSENT, NIL, TEXT };

/* What is known of a line that was let through; a row of the first column is INDEX, and so on. */
enum {
    INDEX,        /* which line of the block */
    KEY,          /* hash of all that is taught */
    PROMPT,       /* hash of the input */
    ORDER,        /* the roles: their number, then two bits each */
    TEXTS,        /* how many texts stand before the end of this line's */
    ANSWER_AT,    /* the answer, without space around it, among the texts */
    ANSWER_BYTES, /* -1: there are calls in it */
    ANSWER_CHARS, /* characters of the last turn, calls included */
    SYSTEM_AT,    /* the system prompt, among the texts */
    SYSTEM_BYTES, /* -1: there is none */
    SYSTEM_AS,    /* the first row of the block with the same one, as far as the last few tell */
    TOOLS_AT,     /* the definitions, in the block */
    TOOLS_BYTES,  /* -1: there are none */
    TOOLS_KEYS,   /* keys in them */
    CALLS,        /* how many calls stand before the end of this line's */
    WITH_TOOLS,   /* no column: the rows that hold definitions or calls */
    COLUMNS
};
enum { NAME_AT, NAME_BYTES, ARGUMENTS_AT, ARGUMENTS_BYTES, CALL_COLUMNS };

typedef struct {
    const uint8_t *at;
    Py_ssize_t size;
} Slice;

typedef struct {
    int role, content;
    Slice text;
    int first, calls; /* of the line's calls */
    Slice answers;    /* the id that a result answers */
} Turn;

typedef struct {
    Slice id, name, arguments;
} Call;

typedef struct {
    const uint8_t *at, *end; /* what is left of the line */
    uint8_t *out;            /* where the next text goes */
    const uint8_t *mark;     /* what stands between texts */
    Py_ssize_t mark_size;
    int64_t texts;
    int turns, calls;
    Slice tools;
    int64_t tools_keys;
    Turn turn[MOST_TURNS];
    Call call[MOST_CALLS];
} Scan;

/* ---- hashes: 64 bits, for finding repeats within one process ---- */

static uint64_t mixed(uint64_t h) {
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

static uint64_t digest(uint64_t h, const uint8_t *p, Py_ssize_t size) {
    h = mixed(h ^ (uint64_t)size);
    for (; size >= 8; p += 8, size -= 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        h = (h ^ w) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    if (size) {
        uint64_t w = 0;
        memcpy(&w, p, (size_t)size);
        h = (h ^ w) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    return h;
}

/* ---- strings ---- */

/* Copies STEP bytes and says how many of them, from the first on, are ordinary: ASCII, and neither a quote, a backslash
   nor a control character. */
#if defined(__GNUC__) && defined(__SSE2__)
#include <emmintrin.h>
enum { STEP = 16 };
static inline int ordinary(const uint8_t *p, uint8_t *out) {
    __m128i x = _mm_loadu_si128((const __m128i *)p);
    _mm_storeu_si128((__m128i *)out, x);
    __m128i special = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
    special = _mm_or_si128(special, _mm_cmplt_epi8(x, _mm_set1_epi8(0x20))); /* as signed, what is not ASCII is less */
    int mask = _mm_movemask_epi8(special);
    return mask ? __builtin_ctz((unsigned)mask) : STEP;
}
#else
enum { STEP = 8 };
static inline int ordinary(const uint8_t *p, uint8_t *out) {
    int n = 0;
    memcpy(out, p, STEP);
    while (n < STEP && p[n] >= 0x20 && p[n] < 0x80 && p[n] != '"' && p[n] != '\\')
        n++;
    return n;
}
#endif

/* Bytes of the character that begins here, 2 to 4; 0 where it is not valid UTF-8. */
static int character(const uint8_t *p, const uint8_t *end) {
    Py_ssize_t left = end - p;
    uint8_t c = p[0];
    if (c < 0xC2 || left < 2 || (p[1] & 0xC0) != 0x80)
        return 0;
    if (c < 0xE0)
        return 2;
    if (left < 3 || (p[2] & 0xC0) != 0x80)
        return 0;
    if (c < 0xF0) /* neither overlong nor a surrogate */
        return (c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F) ? 0 : 3;
    if (c > 0xF4 || left < 4 || (p[3] & 0xC0) != 0x80)
        return 0;
    return (c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F) ? 0 : 4;
}

static int32_t hex4(const uint8_t *p, const uint8_t *end) {
    int32_t value = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i], low = c | 0x20;
        int digit = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* What a character after a backslash stands for; 0 where it is not that simple. */
static const uint8_t ESCAPES[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                     ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};

/* Writes the character that \uXXXX stands for, `p` being after the u, and gives the place after it; NULL where there is
   none. */
static const uint8_t *by_number(const uint8_t *p, const uint8_t *end, uint8_t **to) {
    uint8_t *out = *to;
    int32_t c = hex4(p, end);
    p += 4;
    if (c <= 0 || (c >= 0xDC00 && c <= 0xDFFF)) /* nothing, NUL, or half a pair */
        return NULL;
    if (c < 0x80) {
        *out++ = (uint8_t)c;
    } else if (c < 0x800) {
        *out++ = (uint8_t)(0xC0 | c >> 6);
        *out++ = (uint8_t)(0x80 | (c & 0x3F));
    } else if (c < 0xD800 || c > 0xDFFF) {
        *out++ = (uint8_t)(0xE0 | c >> 12);
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        *out++ = (uint8_t)(0x80 | (c & 0x3F));
    } else {
        if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
            return NULL;
        int32_t low = hex4(p + 2, end);
        p += 6;
        if (low < 0xDC00 || low > 0xDFFF)
            return NULL;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        *out++ = (uint8_t)(0xF0 | c >> 18);
        *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        *out++ = (uint8_t)(0x80 | (c & 0x3F));
    }
    *to = out;
    return p;
}

/* Reads a string, from after its opening quote; it is written unescaped to `out`, of which up to STEP bytes more may be
   overwritten. Gives the end of what was written; NULL where the string is not sound. */
static uint8_t *string(Scan *s, uint8_t *out) {
    const uint8_t *p = s->at, *end = s->end;
    for (;;) {
        if (end - p >= STEP) {
            int n = ordinary(p, out);
            p += n, out += n;
            if (n == STEP)
                continue;
        } else if (p == end) {
            return NULL;
        }
        uint8_t c = *p;
        if (c >= 0x80) {
            do {
                int size = character(p, end);
                if (!size)
                    return NULL;
                while (size--)
                    *out++ = *p++;
            } while (p < end && *p >= 0x80);
        } else if (c == '"') {
            s->at = p + 1;
            return out;
        } else if (c == '\\') {
            if (end - p < 2)
                return NULL;
            c = p[1];
            p += 2;
            if (ESCAPES[c])
                *out++ = ESCAPES[c];
            else if (c != 'u' || !(p = by_number(p, end, &out)))
                return NULL;
        } else if (c < 0x20) {
            return NULL;
        } else { /* near the end of the line */
            *out++ = c;
            p++;
        }
    }
}

/* ---- JSON ---- */

static void spaces(Scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
}

static int next(Scan *s, char c) {
    spaces(s);
    if (s->at == s->end || *s->at != (uint8_t)c)
        return 0;
    s->at++;
    return 1;
}

/* Whether this name and its closing quote come next, the opening quote being read; then they are stepped over. */
static int named(Scan *s, const char *name) {
    Py_ssize_t size = (Py_ssize_t)strlen(name);
    if (s->end - s->at <= size || memcmp(s->at, name, (size_t)size) || s->at[size] != '"')
        return 0;
    s->at += size + 1;
    return 1;
}

/* Reads a string into the texts. */
static int text(Scan *s, Slice *slice) {
    if (!next(s, '"'))
        return 0;
    if (s->texts) {
        memcpy(s->out, s->mark, (size_t)s->mark_size);
        s->out += s->mark_size;
    }
    uint8_t *end = string(s, s->out);
    if (!end)
        return 0;
    slice->at = s->out;
    slice->size = end - s->out;
    s->out = end;
    s->texts++;
    return 1;
}

/* Reads a short string that holds no escape. */
static int plain(Scan *s, Slice *slice) {
    if (!next(s, '"'))
        return 0;
    const uint8_t *p = s->at;
    while (p < s->end && *p >= 0x20 && *p < 0x7F && *p != '"' && *p != '\\')
        p++;
    if (p == s->end || *p != '"')
        return 0;
    slice->at = s->at;
    slice->size = p - s->at;
    s->at = p + 1;
    return 1;
}

/* Steps over a value that Python reads again; only where it ends and how many keys it holds matters here. */
static int value(Scan *s, int64_t *keys) {
    int depth = 0;
    do {
        spaces(s);
        if (s->at == s->end)
            return 0;
        uint8_t c = *s->at++;
        if (c == '"') {
            uint8_t room[8];
            for (;;) {
                if (s->at == s->end || *s->at < 0x20)
                    return 0;
                c = *s->at++;
                if (c == '"')
                    break;
                if (c == '\\') {
                    uint8_t *out = room;
                    if (s->at == s->end)
                        return 0;
                    c = *s->at++;
                    if (!ESCAPES[c] && (c != 'u' || !(s->at = by_number(s->at, s->end, &out))))
                        return 0;
                } else if (c >= 0x80) {
                    int size = character(s->at - 1, s->end);
                    if (!size)
                        return 0;
                    s->at += size - 1;
                }
            }
            spaces(s);
            *keys += s->at < s->end && *s->at == ':';
        } else if (c == '{' || c == '[') {
            if (++depth > MOST_DEPTH)
                return 0;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c < 0x20 || c >= 0x7F) {
            return 0;
        }
    } while (depth > 0);
    return depth == 0;
}

static int calls(Scan *s, Turn *turn) {
    if (!next(s, '['))
        return 0;
    turn->first = s->calls;
    do {
        if (s->calls == MOST_CALLS)
            return 0;
        Call *call = &s->call[s->calls++];
        Slice type = {0}, *one;
        memset(call, 0, sizeof *call);
        int function = 0;
        if (!next(s, '{'))
            return 0;
        do {
            if (!next(s, '"'))
                return 0;
            if (named(s, "id"))
                one = &call->id;
            else if (named(s, "type"))
                one = &type;
            else if (named(s, "function")) {
                if (function++ || !next(s, ':') || !next(s, '{'))
                    return 0;
                do {
                    if (!next(s, '"'))
                        return 0;
                    one = named(s, "name") ? &call->name : named(s, "arguments") ? &call->arguments : NULL;
                    if (!one || one->at || !next(s, ':') || !text(s, one))
                        return 0;
                } while (next(s, ','));
                if (!next(s, '}'))
                    return 0;
                continue;
            } else
                return 0;
            if (one->at || !next(s, ':') || !plain(s, one))
                return 0;
        } while (next(s, ','));
        if (!next(s, '}') || !call->id.size || !call->name.size || !call->arguments.at)
            return 0;
        if (type.size != 8 || memcmp(type.at, "function", 8))
            return 0;
    } while (next(s, ','));
    turn->calls = s->calls - turn->first;
    return next(s, ']');
}

static int message(Scan *s, Turn *turn) {
    int has_calls = 0;
    memset(turn, 0, sizeof *turn);
    turn->role = NO_ROLE;
    if (!next(s, '{'))
        return 0;
    do {
        if (!next(s, '"'))
            return 0;
        if (named(s, "content")) {
            if (turn->content != ABSENT || !next(s, ':'))
                return 0;
            spaces(s);
            if (s->end - s->at >= 4 && !memcmp(s->at, "null", 4)) {
                s->at += 4;
                turn->content = NIL;
            } else {
                if (!text(s, &turn->text))
                    return 0;
                turn->content = TEXT;
            }
        } else if (named(s, "role")) {
            if (turn->role != NO_ROLE || !next(s, ':') || !next(s, '"'))
                return 0;
            for (turn->role = 0; turn->role < NO_ROLE && !named(s, ROLES[turn->role]); turn->role++)
                ;
            if (turn->role == NO_ROLE)
                return 0;
        } else if (named(s, "tool_calls")) {
            if (has_calls++ || !next(s, ':') || !calls(s, turn))
                return 0;
        } else if (named(s, "tool_call_id")) {
            if (turn->answers.at || !next(s, ':') || !plain(s, &turn->answers))
                return 0;
        } else
            return 0;
    } while (next(s, ','));
    return turn->role != NO_ROLE && next(s, '}');
}

static int example(Scan *s) {
    int has_messages = 0;
    if (s->at == s->end || *s->at != '{')
        return 0;
    s->at++;
    do {
        if (!next(s, '"'))
            return 0;
        if (named(s, "messages")) {
            if (has_messages++ || !next(s, ':') || !next(s, '['))
                return 0;
            do {
                if (s->turns == MOST_TURNS || !message(s, &s->turn[s->turns++]))
                    return 0;
            } while (next(s, ','));
            if (!next(s, ']'))
                return 0;
        } else if (named(s, "tools")) {
            if (s->tools.at || !next(s, ':'))
                return 0;
            spaces(s);
            s->tools.at = s->at;
            if (s->at == s->end || *s->at != '[' || !value(s, &s->tools_keys))
                return 0;
            s->tools.size = s->at - s->tools.at;
        } else
            return 0;
    } while (next(s, ','));
    return has_messages && next(s, '}') && s->at == s->end;
}

/* ---- the conversation ---- */

/* Takes the white space off a text as Python does; 0 where that is not certain. */
static int stripped(Slice *slice) {
    const uint8_t *p = slice->at, *end = p + slice->size;
#define SPACE(c) ((c) == ' ' || ((c) >= 9 && (c) <= 13) || ((c) >= 0x1C && (c) <= 0x1F))
    while (p < end && SPACE(*p))
        p++;
    while (end > p && SPACE(end[-1]))
        end--;
    slice->at = p;
    slice->size = end - p;
    if (p == end)
        return 1;
    const uint8_t *last = end - 1;
    while (last > p && (*last & 0xC0) == 0x80)
        last--;
    const uint8_t *both[] = {p, last};
    for (int i = 0; i < 2; i++) { /* U+0085, U+00A0, U+1680, U+2000 to U+205F, U+3000 */
        const uint8_t *c = both[i];
        if ((c[0] == 0xC2 && (c[1] == 0x85 || c[1] == 0xA0)) || (c[0] == 0xE1 && c[1] == 0x9A) ||
            (c[0] == 0xE2 && (c[1] == 0x80 || c[1] == 0x81)) || (c[0] == 0xE3 && c[1] == 0x80 && c[2] == 0x80))
            return 0;
    }
    return 1;
}

static int same(Slice a, Slice b) { return a.size == b.size && !memcmp(a.at, b.at, (size_t)a.size); }

/* Every result answers a call that waits, and nothing else is said while one does; no id occurs twice. */
static int answered(Scan *s) {
    uint64_t waiting = 0;
    for (int t = 0; t < s->turns; t++) {
        Turn *turn = &s->turn[t];
        if (waiting && turn->role != TOOL)
            return 0;
        if (turn->role == TOOL) {
            int found = -1;
            for (int i = 0; i < s->calls && turn->answers.at; i++)
                if (waiting >> i & 1 && same(s->call[i].id, turn->answers))
                    found = i;
            if (found < 0)
                return 0;
            waiting &= ~((uint64_t)1 << found);
        } else if (turn->answers.at)
            return 0;
        for (int i = turn->first; i < turn->first + turn->calls; i++) {
            for (int j = 0; j < i; j++)
                if (same(s->call[i].id, s->call[j].id))
                    return 0;
            waiting |= (uint64_t)1 << i;
        }
    }
    return 1;
}

/* Everything in a turn with calls as one text, as Turn.said has it: text, and each call as "\x1fname(arguments)".
   0 where there is no room for it. */
static int with_calls(const Scan *s, const Turn *turn, Slice *said, uint8_t *room) {
    Py_ssize_t size = said->size;
    if (size > MOST_SAID)
        return 0;
    memcpy(room, said->at ? said->at : room, (size_t)size);
    for (int i = turn->first; i < turn->first + turn->calls; i++) {
        const Call *call = &s->call[i];
        if (size + call->name.size + call->arguments.size + 3 > MOST_SAID)
            return 0;
        room[size++] = 0x1F;
        memcpy(room + size, call->name.at, (size_t)call->name.size);
        size += call->name.size;
        room[size++] = '(';
        memcpy(room + size, call->arguments.at, (size_t)call->arguments.size);
        size += call->arguments.size;
        room[size++] = ')';
    }
    said->at = room;
    said->size = size;
    return 1;
}

static int64_t characters(Slice slice) {
    int64_t n = 0;
    for (Py_ssize_t i = 0; i < slice.size; i++)
        n += (slice.at[i] & 0xC0) != 0x80;
    return n;
}

/* Judges the turns in order and fills in what the row says of them. */
static int conversation(Scan *s, int64_t *row, Py_ssize_t rows, const uint8_t *texts, uint64_t seed) {
    uint64_t h = seed, before_last = seed;
    int64_t order = s->turns;
    int asked = 0, before = NO_ROLE;
    Slice said = {0};
    uint8_t room[MOST_SAID];
    for (int t = 0; t < s->turns; t++) {
        Turn *turn = &s->turn[t];
        int role = turn->role;
        said = turn->text;
        if (turn->content == TEXT && !stripped(&said))
            return 0;
        if (role == TOOL) {
            if (turn->content != TEXT || turn->calls)
                return 0;
        } else if (turn->calls) {
            if (role != ASSISTANT || !with_calls(s, turn, &said, room))
                return 0;
        } else if (!said.size || (role == USER && before == USER) || (role == SYSTEM && t))
            return 0;
        before_last = h;
        h = digest(h, (const uint8_t *)ROLES[role], (Py_ssize_t)strlen(ROLES[role]));
        h = digest(h, said.at, said.size);
        order |= (int64_t)role << (5 + 2 * t);
        asked |= role == USER;
        before = role;
    }
    if (!asked || before != ASSISTANT || (s->calls && !answered(s)))
        return 0;
    if (!s->calls)
        for (int t = 0; t < s->turns; t++)
            if (s->turn[t].role == TOOL || s->turn[t].answers.at)
                return 0;
    const Turn *last = &s->turn[s->turns - 1];
    int has_system = s->turn[0].role == SYSTEM;
    row[KEY * rows] = (int64_t)mixed(h);
    row[PROMPT * rows] = (int64_t)mixed(before_last);
    row[ORDER * rows] = order;
    row[ANSWER_AT * rows] = last->calls ? 0 : said.at - texts;
    row[ANSWER_BYTES * rows] = last->calls ? -1 : said.size;
    row[ANSWER_CHARS * rows] = characters(said);
    row[SYSTEM_AT * rows] = has_system ? s->turn[0].text.at - texts : 0;
    row[SYSTEM_BYTES * rows] = has_system ? s->turn[0].text.size : -1;
    return 1;
}

/* The system prompts met last in this block. Most files have a few, and then no row need be looked at for its own. */
enum { MET = 8 };
typedef struct {
    Slice text[MET];
    int64_t row[MET];
    int known, next;
} Met;

/* The first row with the same system prompt. */
static int64_t met(Met *m, const uint8_t *at, int64_t size, int64_t row) {
    Slice here = {at, (Py_ssize_t)size};
    for (int i = 0; i < m->known; i++)
        if (same(m->text[i], here))
            return m->row[i];
    m->text[m->next] = here;
    m->row[m->next] = row;
    m->next = (m->next + 1) % MET;
    m->known += m->known < MET;
    return row;
}

/* ---- Python ---- */

static PyObject *sift(PyObject *self, PyObject *args) {
    Py_buffer block, skip, mark, texts, rows, call_rows;
    unsigned long long seed;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*Kw*w*w*", &block, &skip, &mark, &seed, &texts, &rows, &call_rows))
        return NULL;
    const uint8_t *at = block.buf, *end = at + block.len, *skipped = skip.buf;
    int64_t *row = rows.buf, *called = call_rows.buf;
    Py_ssize_t room = rows.len / (Py_ssize_t)sizeof(int64_t) / COLUMNS;
    Py_ssize_t call_room = call_rows.len / (Py_ssize_t)sizeof(int64_t) / CALL_COLUMNS;
    Py_ssize_t index = 0, passed = 0, made = 0, with_tools = 0;
    int small = texts.len < block.len + 2 * STEP || mark.len > 8;
    Scan s;
    Met systems = {0};
    memset(&s, 0, sizeof s);
    s.out = texts.buf;
    s.mark = mark.buf;
    s.mark_size = mark.len;
    Py_BEGIN_ALLOW_THREADS
    for (; !small && passed < room; index++) {
        const uint8_t *line_end = memchr(at, '\n', (size_t)(end - at));
        uint8_t *out = s.out;
        int64_t texts_before = s.texts;
        s.at = at;
        s.end = line_end ? line_end : end;
        s.turns = s.calls = 0;
        s.tools.at = NULL;
        s.tools.size = -1;
        s.tools_keys = 0;
        int wanted = index >= skip.len || !skipped[index];
        if (wanted && example(&s) && made + s.calls <= call_room && conversation(&s, row, room, texts.buf, seed)) {
            for (int i = 0; i < s.calls; i++, made++) {
                int64_t *to = called + made * CALL_COLUMNS;
                to[NAME_AT] = s.call[i].name.at - (uint8_t *)texts.buf;
                to[NAME_BYTES] = s.call[i].name.size;
                to[ARGUMENTS_AT] = s.call[i].arguments.at - (uint8_t *)texts.buf;
                to[ARGUMENTS_BYTES] = s.call[i].arguments.size;
            }
            row[INDEX * room] = index;
            row[TEXTS * room] = s.texts;
            row[TOOLS_AT * room] = s.tools.at ? s.tools.at - (uint8_t *)block.buf : 0;
            row[TOOLS_BYTES * room] = s.tools.size;
            row[TOOLS_KEYS * room] = s.tools_keys;
            row[CALLS * room] = made;
            row[SYSTEM_AS * room] = passed;
            if (row[SYSTEM_BYTES * room] >= 0)
                row[SYSTEM_AS * room] = met(&systems, (uint8_t *)texts.buf + row[SYSTEM_AT * room],
                                            row[SYSTEM_BYTES * room], passed);
            if (s.calls || s.tools.at)
                ((int64_t *)rows.buf)[WITH_TOOLS * room + with_tools++] = passed;
            row++;
            passed++;
        } else {
            s.out = out;
            s.texts = texts_before;
        }
        if (!line_end)
            break;
        at = line_end + 1;
    }
    Py_END_ALLOW_THREADS
    Py_ssize_t written = s.out - (uint8_t *)texts.buf;
    PyBuffer_Release(&block);
    PyBuffer_Release(&skip);
    PyBuffer_Release(&mark);
    PyBuffer_Release(&texts);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&call_rows);
    if (small) {
        PyErr_SetString(PyExc_ValueError, "the room for texts must exceed the block by 32 bytes, and a mark have at most 8");
        return NULL;
    }
    return Py_BuildValue("nnn", passed, with_tools, written);
}

static PyObject *breaks(PyObject *self, PyObject *args) {
    Py_buffer block;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*", &block))
        return NULL;
    const uint8_t *start = block.buf, *end = start + block.len, *at;
    Py_ssize_t n = 0;
    for (at = start; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        n++;
    PyObject *result = PyBytes_FromStringAndSize(NULL, n * (Py_ssize_t)sizeof(int64_t));
    int64_t *to = result ? (int64_t *)PyBytes_AsString(result) : NULL;
    for (at = start; to && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        *to++ = at - start;
    PyBuffer_Release(&block);
    return result;
}

static uint64_t number(const Py_buffer *column, Py_ssize_t size, Py_ssize_t i) {
    return size == 4 ? ((const uint32_t *)column->buf)[i] : ((const uint64_t *)column->buf)[i];
}

/* Of a column of numbers of 4 or 8 bytes, the places of those that may stand there more than once. A bitmap of 32 bits
   a number has room for few others. */
static PyObject *repeated(PyObject *self, PyObject *args) {
    Py_buffer column;
    Py_ssize_t size;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*n", &column, &size))
        return NULL;
    if (size != 4 && size != 8) {
        PyBuffer_Release(&column);
        PyErr_SetString(PyExc_ValueError, "numbers have 4 or 8 bytes");
        return NULL;
    }
    Py_ssize_t n = column.len / size, found = 0;
    uint64_t mask = 1023;
    while (mask < (uint64_t)n * 32)
        mask = mask << 1 | 1;
    PyObject *result = NULL;
    uint8_t *seen = calloc((size_t)(mask >> 3) + 1, 1), *twice = calloc((size_t)(mask >> 3) + 1, 1);
    if (seen && twice) {
        for (Py_ssize_t i = 0; i < n; i++) {
            uint64_t slot = number(&column, size, i) & mask;
            uint8_t bit = (uint8_t)(1 << (slot & 7));
            twice[slot >> 3] |= seen[slot >> 3] & bit;
            seen[slot >> 3] |= bit;
        }
        for (Py_ssize_t i = 0; i < n; i++) {
            uint64_t slot = number(&column, size, i) & mask;
            found += twice[slot >> 3] >> (slot & 7) & 1;
        }
        result = PyBytes_FromStringAndSize(NULL, found * (Py_ssize_t)sizeof(int64_t));
        int64_t *to = result ? (int64_t *)PyBytes_AsString(result) : NULL;
        for (Py_ssize_t i = 0; to && i < n; i++) {
            uint64_t slot = number(&column, size, i) & mask;
            if (twice[slot >> 3] >> (slot & 7) & 1)
                *to++ = i;
        }
    } else
        PyErr_NoMemory();
    free(seen);
    free(twice);
    PyBuffer_Release(&column);
    return result;
}

static PyObject *hash_of(PyObject *self, PyObject *args) {
    Py_buffer part;
    unsigned long long h;
    (void)self;
    if (!PyArg_ParseTuple(args, "Ky*", &h, &part))
        return NULL;
    uint64_t result = digest(h, part.buf, part.len);
    PyBuffer_Release(&part);
    return PyLong_FromUnsignedLongLong(result);
}

static PyObject *finish(PyObject *self, PyObject *args) {
    unsigned long long h;
    (void)self;
    if (!PyArg_ParseTuple(args, "K", &h))
        return NULL;
    return PyLong_FromLongLong((long long)mixed(h));
}

static PyMethodDef METHODS[] = {
    {"sift", sift, METH_VARARGS, "sift(block, skip, mark, seed, texts, rows, calls) -> (rows, rows with tools, bytes of texts)"},
    {"breaks", breaks, METH_VARARGS, "breaks(bytes) -> places of the line breaks, 8 bytes each"},
    {"repeated", repeated, METH_VARARGS, "repeated(numbers, bytes of each) -> places of those that may repeat, 8 bytes each"},
    {"digest", hash_of, METH_VARARGS, "digest(hash, bytes) -> hash"},
    {"finish", finish, METH_VARARGS, "finish(hash) -> signed hash"},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_sieve", NULL, 0, METHODS, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__sieve(void);
PyMODINIT_FUNC PyInit__sieve(void) {
    PyObject *module = PyModule_Create(&MODULE);
    if (module && (PyModule_AddIntConstant(module, "COLUMNS", COLUMNS) ||
                   PyModule_AddIntConstant(module, "CALL_COLUMNS", CALL_COLUMNS)))
        Py_CLEAR(module);
    return module;
}
