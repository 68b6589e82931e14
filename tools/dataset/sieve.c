/* The sieve: one pass over a block of JSON lines that settles the sound chat examples among them.

   A line is let through only when it surely is {"messages": [...]} or that with "tools", as strict JSON in valid UTF-8,
   each key once, roles in an order that can be trained on, texts where texts must be, and every call answered. What is
   let through comes out as columns of numbers and as its texts, unescaped and joined. Every other line is left to
   Python, which knows why: to refuse a sound line costs time, to let a faulty one through would be wrong. Definitions of
   tools of the plain kind, and whether arguments fit them, are judged here; lines with others are marked.

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
enum { MOST_TOOLS = 32, MOST_FIELDS = 128, MOST_CHOICES = 256, MOST_NAME = 64, MOST_DIGITS = 17 };
enum { ABSENT, NIL, TEXT };

/* What comes out. Columns have an entry for each line that was let through, tables one for each line that they concern;
   all stand in one room of 64-bit numbers, each from its number here times the lines there is room for. */
enum {
    KEYS,           /* 64 bits: hash of all that is taught */
    PROMPTS,        /* 64 bits: hash of the input */
    FIXED,          /* 32 bits, as the next two: tokens of the chat format and of the roles' names */
    CHARACTERS,     /* of the last turn, calls included */
    TEXTS,          /* how many texts stand before the end of this line's */
    LEFT,           /* table: indexes of the lines that were not let through */
    ANSWERS,        /* the answer, without space around it: place among the texts and bytes */
    SYSTEMS = ANSWERS + 2,
    TOOLS = SYSTEMS + 4,
    COLUMNS = TOOLS + 6
};
/* A table of the system prompts, as far as the last few tell equal ones: the line with the first, its place among the
   texts, its bytes, and how many lines have it. */
enum { SYSTEM_INDEX, SYSTEM_AT, SYSTEM_BYTES, SYSTEM_TIMES, SYSTEM_COLUMNS };
/* A table of the lines with definitions or calls: which of those let through, which of the block, the place of the
   definitions in the block, their bytes, the keys in them, and how many calls stand before the end of this line's. */
enum { TOOLS_ROW, TOOLS_INDEX, TOOLS_AT, TOOLS_BYTES, TOOLS_KEYS, TOOLS_CALLS, TOOLS_COLUMNS };
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

enum { STRING, INTEGER, NUMBER, BOOLEAN, NO_TYPE };
static const char *const TYPES[] = {"string", "integer", "number", "boolean"};

typedef struct {
    Slice key;
    int type, must, first, choices; /* of the line's choices */
    int given;                      /* in which call last, from 1 */
} Field;

typedef struct {
    Slice name;
    int first, fields; /* of the line's fields */
} Tool;

/* What the definitions of a line come to. */
typedef struct {
    int tools, fields, choices;
    uint64_t hash;
    int fixed; /* tokens of all but the texts */
    Tool tool[MOST_TOOLS];
    Field field[MOST_FIELDS];
    Slice choice[MOST_CHOICES];
} Defined;

/* Tokens, see `Costs` of sieve.py: around a turn of each role, of each example, and those of definitions. */
enum { EXAMPLE = NO_ROLE, DEFINITIONS, DEFINITION, PARAMETERS, PROPERTY, CHOICES, CHOICE, COSTS };

typedef struct {
    const uint8_t *at, *end; /* what is left of the line */
    uint8_t *out;            /* where the next text goes */
    uint8_t *room_end;       /* of the room for texts */
    const int *costs;
    const uint8_t *mark;     /* what stands between texts */
    Py_ssize_t mark_size;
    int64_t texts;
    int turns, calls;
    Slice tools;
    int64_t tools_keys;
    uint64_t key, prompt; /* hashes */
    Slice said;           /* the last turn, without space around it */
    uint8_t room[MOST_SAID];
    Turn turn[MOST_TURNS];
    Call call[MOST_CALLS];
    Defined defined;
} Scan;

/* ---- hashes: 64 bits, for finding repeats within one process ---- */

static uint64_t mixed(uint64_t h) {
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

static uint64_t stirred(uint64_t h, const uint8_t *p, Py_ssize_t size) {
    uint64_t w = 0;
    memcpy(&w, p, (size_t)size);
    h = (h ^ w) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

static uint64_t digest(uint64_t h, const uint8_t *p, Py_ssize_t size) {
    h = mixed(h ^ (uint64_t)size);
    if (size >= 64) { /* four at once: each step waits for the one before */
        uint64_t a = h, b = ~h, c = h ^ 0xd6e8feb86659fd93u, d = ~c;
        for (; size >= 32; p += 32, size -= 32) {
            a = stirred(a, p, 8);
            b = stirred(b, p + 8, 8);
            c = stirred(c, p + 16, 8);
            d = stirred(d, p + 24, 8);
        }
        h = mixed(mixed(mixed(a ^ 1) ^ b) ^ c) ^ d;
    }
    for (; size >= 8; p += 8, size -= 8)
        h = stirred(h, p, 8);
    return size ? stirred(h, p, size) : h;
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

/* Begins one more text. */
static void begun(Scan *s) {
    if (s->texts++) {
        memcpy(s->out, s->mark, (size_t)s->mark_size);
        s->out += s->mark_size;
    }
}

/* Reads a string into the texts. */
static int text(Scan *s, Slice *slice) {
    if (!next(s, '"'))
        return 0;
    begun(s);
    uint8_t *end = string(s, s->out);
    if (!end)
        return 0;
    slice->at = s->out;
    slice->size = end - s->out;
    s->out = end;
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

/* Steps over a string, from after its opening quote; 0 where it is not sound. */
static int skipped(Scan *s) {
    uint8_t room[8];
    while (s->at < s->end && *s->at >= 0x20) {
        uint8_t c = *s->at++;
        if (c == '"')
            return 1;
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
    return 0;
}

/* Steps over a value that is read again; only where it ends and how many keys it holds matters here. */
static int value(Scan *s, int64_t *keys) {
    int depth = 0;
    do {
        spaces(s);
        if (s->at == s->end)
            return 0;
        uint8_t c = *s->at++;
        if (c == '"') {
            if (!skipped(s))
                return 0;
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
    const uint8_t *p = slice.at;
    int64_t n = 0;
    for (Py_ssize_t left = slice.size; left > 0; left -= 255) {
        uint8_t here = 0; /* so narrow, many bytes are counted at once */
        for (int size = left < 255 ? (int)left : 255; size > 0; size--)
            here += (*p++ & 0xC0) != 0x80;
        n += here;
    }
    return n;
}

/* Judges the turns in order. */
static int conversation(Scan *s, uint64_t seed) {
    uint64_t h = seed;
    int asked = 0, before = NO_ROLE;
    Slice said = {0};
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
            if (role != ASSISTANT || !with_calls(s, turn, &said, s->room))
                return 0;
        } else if (!said.size || (role == USER && before == USER) || (role == SYSTEM && t))
            return 0;
        s->prompt = h;
        h = digest(h, (const uint8_t *)ROLES[role], (Py_ssize_t)strlen(ROLES[role]));
        h = digest(h, said.at, said.size);
        asked |= role == USER;
        before = role;
    }
    if (!asked || before != ASSISTANT || (s->calls && !answered(s)))
        return 0;
    if (!s->calls)
        for (int t = 0; t < s->turns; t++)
            if (s->turn[t].role == TOOL || s->turn[t].answers.at)
                return 0;
    s->key = mixed(h);
    s->prompt = mixed(s->prompt);
    s->said = said;
    return 1;
}

/* ---- tools: definitions of the plain kind and calls that fit them at the first look ---- */

/* What a piece of a definition is; hashed with it, see `folded` of sieve.py and `pieces` of linter/gate_tools.py. */
enum { NAMED = 1, DESCRIBED, STRICT, KEY, TYPED, TOLD, TITLED, CHOSEN, ONE_OF, MUST, OTHERS };

static void hashed(Scan *s, int piece, const uint8_t *at, Py_ssize_t size) {
    s->defined.hash = digest(s->defined.hash ^ (uint64_t)piece << 56, at, size);
}

/* Steps over a string, once; where it stands, as it is written. */
static int quoted(Scan *s, Slice *written) {
    if (written->at || !next(s, '"'))
        return 0;
    written->at = s->at;
    if (!skipped(s))
        return 0;
    written->size = s->at - 1 - written->at;
    return 1;
}

/* Steps over a value, once; where it stands. */
static int placed(Scan *s, const uint8_t **place) {
    int64_t keys = 0;
    if (*place)
        return 0;
    spaces(s);
    *place = s->at;
    return value(s, &keys);
}

/* Reads true or false, once; `was` is below 0 before. */
static int boolean(Scan *s, int *was) {
    if (*was >= 0)
        return 0;
    spaces(s);
    Py_ssize_t left = s->end - s->at;
    if (left > 4 && !memcmp(s->at, "true", 4))
        s->at += 4, *was = 1;
    else if (left > 5 && !memcmp(s->at, "false", 5))
        s->at += 5, *was = 0;
    return *was >= 0;
}

/* Whether so many bytes more may be written, with a mark before them. */
static int has_room(const Scan *s, Py_ssize_t size) { return s->room_end - s->out >= size + s->mark_size + STEP; }

/* Writes what `quoted` found, unescaped, where the next text goes; 0 where there is no room. */
static int unescaped(Scan *s, Slice written, Slice *slice) {
    const uint8_t *at = s->at;
    if (!has_room(s, written.size))
        return 0;
    s->at = written.at;
    slice->at = s->out;
    uint8_t *end = string(s, s->out);
    s->at = at;
    if (!end)
        return 0;
    slice->size = end - s->out;
    s->out = end;
    return 1;
}

/* Hashes what `quoted` found; no text is made of it. */
static int only_hashed(Scan *s, int piece, Slice written) {
    uint8_t *out = s->out;
    Slice slice;
    if (!unescaped(s, written, &slice))
        return 0;
    hashed(s, piece, slice.at, slice.size);
    s->out = out;
    return 1;
}

/* Adds ":description" to a text, full stops at its end left out. */
static int described(Scan *s, int piece, Slice written) {
    Slice slice;
    if (!has_room(s, 1))
        return 0;
    *s->out++ = ':';
    if (!written.at)
        return 1;
    if (!unescaped(s, written, &slice))
        return 0;
    hashed(s, piece, slice.at, slice.size);
    while (s->out > slice.at && s->out[-1] == '.')
        s->out--;
    return 1;
}

static int choices(Scan *s, Field *field) {
    Defined *all = &s->defined;
    if (field->type != STRING || !next(s, '['))
        return 0;
    hashed(s, CHOSEN, s->at, 0);
    field->first = all->choices;
    do {
        Slice written = {0}, *choice = &all->choice[all->choices];
        if (all->choices++ == MOST_CHOICES || !quoted(s, &written) || !has_room(s, 0))
            return 0;
        begun(s);
        if (!unescaped(s, written, choice))
            return 0;
        hashed(s, ONE_OF, choice->at, choice->size);
    } while (next(s, ','));
    field->choices = all->choices - field->first;
    all->fixed += s->costs[CHOICES] + field->choices * s->costs[CHOICE];
    return next(s, ']');
}

static Field *field_of(Defined *all, const Tool *tool, Slice key) {
    for (int i = tool->first; i < tool->first + tool->fields; i++)
        if (same(all->field[i].key, key))
            return &all->field[i];
    return NULL;
}

static int property(Scan *s, Tool *tool) {
    Defined *all = &s->defined;
    Slice key = {0}, description = {0}, title = {0};
    const uint8_t *chosen = NULL;
    if (all->fields == MOST_FIELDS)
        return 0;
    Field *field = &all->field[all->fields];
    memset(field, 0, sizeof *field);
    field->type = NO_TYPE;
    if (!quoted(s, &key) || !next(s, ':') || !next(s, '{'))
        return 0;
    do {
        if (!next(s, '"'))
            return 0;
        if (named(s, "type")) {
            if (field->type != NO_TYPE || !next(s, ':') || !next(s, '"'))
                return 0;
            for (field->type = 0; field->type < NO_TYPE && !named(s, TYPES[field->type]); field->type++)
                ;
            if (field->type == NO_TYPE)
                return 0;
        } else if (named(s, "description")) {
            if (!next(s, ':') || !quoted(s, &description))
                return 0;
        } else if (named(s, "title")) {
            if (!next(s, ':') || !quoted(s, &title))
                return 0;
        } else if (named(s, "enum")) {
            if (!next(s, ':') || !placed(s, &chosen))
                return 0;
        } else
            return 0;
    } while (next(s, ','));
    if (!next(s, '}') || field->type == NO_TYPE || !has_room(s, 0))
        return 0;
    const char *type = TYPES[field->type];
    Py_ssize_t type_size = (Py_ssize_t)strlen(type);
    begun(s);
    if (!unescaped(s, key, &field->key) || field_of(all, tool, field->key) || !has_room(s, type_size + 1))
        return 0;
    for (Py_ssize_t i = 0; i < field->key.size; i++) /* the gate leaves such keys to the rules */
        if (field->key.at[i] == ':' || field->key.at[i] == '\\')
            return 0;
    hashed(s, KEY, field->key.at, field->key.size);
    hashed(s, TYPED, (const uint8_t *)type, type_size);
    *s->out++ = ':';
    memcpy(s->out, type, (size_t)type_size);
    s->out += type_size;
    if (!described(s, TOLD, description) || (title.at && !only_hashed(s, TITLED, title)))
        return 0;
    all->fields++;
    tool->fields++;
    all->fixed += s->costs[PROPERTY];
    const uint8_t *at = s->at;
    s->at = chosen;
    int sound = !chosen || choices(s, field);
    s->at = at;
    return sound;
}

static int required(Scan *s, Tool *tool) {
    if (!next(s, '['))
        return 0;
    if (next(s, ']'))
        return 1;
    do {
        Slice written = {0}, name;
        uint8_t *out = s->out;
        if (!quoted(s, &written) || !unescaped(s, written, &name))
            return 0;
        Field *field = field_of(&s->defined, tool, name);
        if (!field || field->must++)
            return 0;
        hashed(s, MUST, name.at, name.size);
        s->out = out;
    } while (next(s, ','));
    return next(s, ']');
}

static int parameters(Scan *s, Tool *tool) {
    const uint8_t *properties = NULL, *must = NULL;
    int typed = 0, others = -1;
    tool->first = s->defined.fields;
    if (!next(s, '{'))
        return 0;
    do {
        if (!next(s, '"'))
            return 0;
        if (named(s, "type")) {
            if (typed++ || !next(s, ':') || !next(s, '"') || !named(s, "object"))
                return 0;
        } else if (named(s, "properties")) {
            if (!next(s, ':') || !placed(s, &properties))
                return 0;
        } else if (named(s, "required")) {
            if (!next(s, ':') || !placed(s, &must))
                return 0;
        } else if (named(s, "additionalProperties")) {
            if (!next(s, ':') || !boolean(s, &others))
                return 0;
        } else
            return 0;
    } while (next(s, ','));
    if (!next(s, '}') || !typed)
        return 0;
    if (properties) {
        s->at = properties;
        if (!next(s, '{'))
            return 0;
        if (!next(s, '}')) {
            do {
                if (!property(s, tool))
                    return 0;
            } while (next(s, ','));
            if (!next(s, '}'))
                return 0;
            s->defined.fixed += s->costs[PARAMETERS];
        }
    }
    if (must) {
        s->at = must;
        if (!required(s, tool))
            return 0;
    }
    if (others >= 0)
        hashed(s, OTHERS, (const uint8_t *)(others ? "1" : "0"), 1);
    return 1;
}

static Tool *tool_of(Defined *all, Slice name) {
    for (int i = 0; i < all->tools; i++)
        if (same(all->tool[i].name, name))
            return &all->tool[i];
    return NULL;
}

static int definition(Scan *s) {
    Defined *all = &s->defined;
    Slice name = {0}, description = {0};
    const uint8_t *given = NULL;
    int typed = 0, function = 0, strict = -1;
    if (all->tools == MOST_TOOLS || !next(s, '{'))
        return 0;
    Tool *tool = &all->tool[all->tools];
    memset(tool, 0, sizeof *tool);
    do {
        if (!next(s, '"'))
            return 0;
        if (named(s, "type")) {
            if (typed++ || !next(s, ':') || !next(s, '"') || !named(s, "function"))
                return 0;
            continue;
        }
        if (!named(s, "function") || function++ || !next(s, ':') || !next(s, '{'))
            return 0;
        do {
            if (!next(s, '"'))
                return 0;
            if (named(s, "name")) {
                if (!next(s, ':') || !quoted(s, &name))
                    return 0;
            } else if (named(s, "description")) {
                if (!next(s, ':') || !quoted(s, &description))
                    return 0;
            } else if (named(s, "parameters")) {
                if (!next(s, ':') || !placed(s, &given))
                    return 0;
            } else if (named(s, "strict")) {
                if (!next(s, ':') || !boolean(s, &strict))
                    return 0;
            } else
                return 0;
        } while (next(s, ','));
        if (!next(s, '}'))
            return 0;
    } while (next(s, ','));
    if (!next(s, '}') || !typed || !name.at || !given || !has_room(s, 0))
        return 0;
    begun(s);
    if (!unescaped(s, name, &tool->name) || !tool->name.size || tool->name.size > MOST_NAME || tool_of(all, tool->name))
        return 0;
    for (Py_ssize_t i = 0; i < tool->name.size; i++) {
        uint8_t c = tool->name.at[i], low = c | 0x20;
        if (!((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'))
            return 0;
    }
    hashed(s, NAMED, tool->name.at, tool->name.size);
    if (!described(s, DESCRIBED, description))
        return 0;
    if (strict >= 0)
        hashed(s, STRICT, (const uint8_t *)(strict ? "1" : "0"), 1);
    all->fixed += s->costs[DEFINITION];
    const uint8_t *at = s->at;
    s->at = given;
    int sound = parameters(s, tool);
    s->at = at;
    all->tools++;
    return sound;
}

/* As `spaces` and `next`, within arguments, which may stand on several lines. */
static void said_spaces(Scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static int next_said(Scan *s, char c) {
    said_spaces(s);
    if (s->at == s->end || *s->at != (uint8_t)c)
        return 0;
    s->at++;
    return 1;
}

static int digits(Scan *s) {
    int n = 0;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++, n++;
    return n;
}

/* Steps over a value that a field takes. */
static int fits(Scan *s, const Field *field) {
    int was = -1;
    if (field->type == STRING) {
        if (!next_said(s, '"'))
            return 0;
        Slice said = {s->at, 0};
        if (!skipped(s))
            return 0;
        said.size = s->at - 1 - said.at;
        int found = !field->choices;
        for (int i = field->first; i < field->first + field->choices && !found; i++)
            found = same(s->defined.choice[i], said); /* which holds no escape then */
        return found && (!field->choices || !memchr(said.at, '\\', (size_t)said.size));
    }
    said_spaces(s);
    if (field->type == BOOLEAN)
        return boolean(s, &was);
    s->at += s->at < s->end && *s->at == '-';
    const uint8_t *first = s->at;
    int n = digits(s);
    if (!n || n > MOST_DIGITS || (n > 1 && *first == '0'))
        return 0;
    if (field->type == NUMBER && s->at < s->end && *s->at == '.') {
        s->at++;
        n = digits(s);
        return n && n <= MOST_DIGITS;
    }
    return 1;
}

/* Steps over arguments: an object whose members fit the tool, with all that must be there; `call`: which, from 1. */
static int arguments(Scan *s, const Tool *tool, int call) {
    if (!next_said(s, '{'))
        return 0;
    if (!next_said(s, '}')) {
        do {
            if (!next_said(s, '"'))
                return 0;
            Slice key = {s->at, 0};
            if (!skipped(s))
                return 0;
            key.size = s->at - 1 - key.at;
            Field *field = field_of(&s->defined, tool, key); /* no key of a field holds a backslash */
            if (!field || field->given == call || !next_said(s, ':') || !fits(s, field))
                return 0;
            field->given = call;
        } while (next_said(s, ','));
        if (!next_said(s, '}'))
            return 0;
    }
    for (int i = tool->first; i < tool->first + tool->fields; i++)
        if (s->defined.field[i].must && s->defined.field[i].given != call)
            return 0;
    said_spaces(s);
    return s->at == s->end;
}

/* Judges the definitions of a line that was let through, and its calls by them; their texts are added to the line's. 0
   where that is left to Python. The texts of all lines up to this one must keep within its end in the block. */
static int settled_tools(Scan *s, uint64_t seed, const uint8_t *texts, Py_ssize_t line_end) {
    Defined *all = &s->defined;
    const uint8_t *at = s->at, *end = s->end;
    uint8_t *out = s->out;
    int64_t texts_before = s->texts;
    all->tools = all->fields = all->choices = 0;
    all->hash = seed;
    all->fixed = s->costs[DEFINITIONS];
    s->at = s->tools.at;
    int sound = next(s, '[');
    do
        sound = sound && definition(s);
    while (sound && next(s, ','));
    sound = sound && next(s, ']') && s->out - texts <= line_end;
    for (int i = 0; sound && i < s->calls; i++) {
        const Tool *tool = tool_of(all, s->call[i].name);
        s->at = s->call[i].arguments.at;
        s->end = s->at + s->call[i].arguments.size;
        sound = tool && arguments(s, tool, i + 1);
    }
    s->at = at;
    s->end = end;
    all->hash = mixed(all->hash);
    if (!sound) {
        s->out = out;
        s->texts = texts_before;
    }
    return sound;
}

/* The system prompts met last in this block. Most files have a few, and then no line need be looked at for its own. */
enum { MET = 8 };
typedef struct {
    Slice text[MET];
    int64_t *times[MET];
    int known, next;
} Met;

/* Whether the same one was met, and then counted; else it is noted, to be counted at `times`. */
static int met(Met *m, Slice here, int64_t *times) {
    for (int i = 0; i < m->known; i++)
        if (same(m->text[i], here)) {
            ++*m->times[i];
            return 1;
        }
    m->text[m->next] = here;
    m->times[m->next] = times;
    m->next = (m->next + 1) % MET;
    m->known += m->known < MET;
    *times = 1;
    return 0;
}

/* ---- Python ---- */

/* What is made of a block: how much stands in each column and table, and how many turns each role has. */
typedef struct {
    Py_ssize_t passed, left, systems, tools, calls, defined;
    unsigned long long roles[NO_ROLE];
} Made;

/* Writes down a line that was let through; `settled`: whether its tools are judged. */
static void note(const Scan *s, const uint8_t *block, const uint8_t *texts, Py_ssize_t index, int settled, int answers,
                 Met *systems, int64_t *columns, Py_ssize_t room, int64_t *called, Made *made) {
    const Turn *first = &s->turn[0];
    Py_ssize_t at = made->passed++;
    int fixed = s->costs[EXAMPLE] + (settled ? s->defined.fixed : 0);
    uint64_t tools = settled ? s->defined.hash : 0;
    for (int t = 0; t < s->turns; t++) {
        fixed += s->costs[s->turn[t].role];
        made->roles[s->turn[t].role]++;
    }
    columns[KEYS * room + at] = (int64_t)(s->key ^ tools);
    columns[PROMPTS * room + at] = (int64_t)(s->prompt ^ tools);
    ((uint32_t *)(columns + FIXED * room))[at] = (uint32_t)fixed;
    ((uint32_t *)(columns + CHARACTERS * room))[at] = (uint32_t)characters(s->said);
    ((uint32_t *)(columns + TEXTS * room))[at] = (uint32_t)s->texts;
    if (answers) {
        columns[ANSWERS * room + at] = s->said.at - texts;
        columns[(ANSWERS + 1) * room + at] = s->said.size;
    }
    if (first->role == SYSTEM) {
        int64_t *to = columns + SYSTEMS * room + made->systems * SYSTEM_COLUMNS;
        if (!met(systems, first->text, &to[SYSTEM_TIMES])) {
            to[SYSTEM_INDEX] = index;
            to[SYSTEM_AT] = first->text.at - texts;
            to[SYSTEM_BYTES] = first->text.size;
            made->systems++;
        }
    }
    made->defined += settled;
    if (settled)
        return;
    for (int i = 0; i < s->calls; i++) {
        int64_t *to = called + made->calls++ * CALL_COLUMNS;
        to[NAME_AT] = s->call[i].name.at - texts;
        to[NAME_BYTES] = s->call[i].name.size;
        to[ARGUMENTS_AT] = s->call[i].arguments.at - texts;
        to[ARGUMENTS_BYTES] = s->call[i].arguments.size;
    }
    if (s->calls || s->tools.at) {
        int64_t *to = columns + TOOLS * room + made->tools++ * TOOLS_COLUMNS;
        to[TOOLS_ROW] = at;
        to[TOOLS_INDEX] = index;
        to[TOOLS_AT] = s->tools.at ? s->tools.at - block : 0;
        to[TOOLS_BYTES] = s->tools.at ? s->tools.size : 0;
        to[TOOLS_KEYS] = s->tools_keys;
        to[TOOLS_CALLS] = made->calls;
    }
}

static PyObject *sift(PyObject *self, PyObject *args) {
    Py_buffer block, skip, mark, texts, rows, call_rows;
    unsigned long long seed;
    int costs[COSTS], answers;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*K(iiiiiiiiiii)pw*w*w*", &block, &skip, &mark, &seed, &costs[SYSTEM], &costs[USER],
                          &costs[ASSISTANT], &costs[TOOL], &costs[EXAMPLE], &costs[DEFINITIONS], &costs[DEFINITION],
                          &costs[PARAMETERS], &costs[PROPERTY], &costs[CHOICES], &costs[CHOICE], &answers, &texts, &rows,
                          &call_rows))
        return NULL;
    const uint8_t *at = block.buf, *end = at + block.len, *skipped = skip.buf;
    int64_t *columns = rows.buf;
    Py_ssize_t room = rows.len / (Py_ssize_t)sizeof(int64_t) / COLUMNS;
    Py_ssize_t call_room = call_rows.len / (Py_ssize_t)sizeof(int64_t) / CALL_COLUMNS;
    int small = texts.len < block.len + 2 * STEP || mark.len > 8;
    Made made = {0};
    Met systems = {0};
    Scan s;
    s.out = texts.buf;
    s.room_end = s.out + texts.len;
    s.costs = costs;
    s.mark = mark.buf;
    s.mark_size = mark.len;
    s.texts = 0;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t index = 0; !small && index < room; index++) {
        const uint8_t *line_end = memchr(at, '\n', (size_t)(end - at));
        uint8_t *out = s.out;
        int64_t texts_before = s.texts;
        s.at = at;
        s.end = line_end ? line_end : end;
        s.turns = s.calls = 0;
        s.tools.at = NULL;
        s.tools.size = 0;
        s.tools_keys = 0;
        if ((index >= skip.len || !skipped[index]) && example(&s) && made.calls + s.calls <= call_room &&
            conversation(&s, seed) && !(answers && s.turn[s.turns - 1].calls)) {
            int settled = s.tools.at && settled_tools(&s, seed, texts.buf, s.end - (const uint8_t *)block.buf);
            note(&s, block.buf, texts.buf, index, settled, answers, &systems, columns, room, call_rows.buf, &made);
        } else {
            s.out = out;
            s.texts = texts_before;
            columns[LEFT * room + made.left++] = index;
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
    return Py_BuildValue("nnnnnn(KKKK)", made.passed, made.left, made.systems, made.tools, made.defined, written,
                         made.roles[SYSTEM], made.roles[USER], made.roles[ASSISTANT], made.roles[TOOL]);
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

typedef struct {
    uint64_t number;
    int64_t place;
} Placed;

static int by_number_and_place(const void *a, const void *b) {
    const Placed *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

static int by_place(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Of a column of numbers of 4 or 8 bytes, the places of those that stand there more than once, rising. A bitmap of 16
   bits a number leaves few to be compared. */
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
    while (mask < (uint64_t)n * 16)
        mask = mask << 1 | 1;
    PyObject *result = NULL;
    Placed *left = NULL;
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
        left = malloc(((size_t)found + 1) * sizeof *left);
    }
    if (left) {
        Py_ssize_t taken = 0, kept = 0;
        for (Py_ssize_t i = 0; i < n; i++) {
            uint64_t value = number(&column, size, i), slot = value & mask;
            if (twice[slot >> 3] >> (slot & 7) & 1)
                left[taken++] = (Placed){value, i};
        }
        qsort(left, (size_t)taken, sizeof *left, by_number_and_place);
        for (Py_ssize_t i = 0; i < taken; i++)
            kept += (i && left[i - 1].number == left[i].number) || (i + 1 < taken && left[i + 1].number == left[i].number);
        result = PyBytes_FromStringAndSize(NULL, kept * (Py_ssize_t)sizeof(int64_t));
        int64_t *to = result ? (int64_t *)PyBytes_AsString(result) : NULL, *first = to;
        for (Py_ssize_t i = 0; to && i < taken; i++)
            if ((i && left[i - 1].number == left[i].number) || (i + 1 < taken && left[i + 1].number == left[i].number))
                *to++ = left[i].place;
        if (to)
            qsort(first, (size_t)kept, sizeof *first, by_place);
    } else
        PyErr_NoMemory();
    free(left);
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
    {"sift", sift, METH_VARARGS, "sift(block, skip, mark, seed, costs, answers, texts, rows, calls) -> (let through, left, system prompts, with tools to "
     "be judged, with tools that are, bytes of texts, turns of each role)"},
    {"breaks", breaks, METH_VARARGS, "breaks(bytes) -> places of the line breaks, 8 bytes each"},
    {"repeated", repeated, METH_VARARGS, "repeated(numbers, bytes of each) -> places of those that repeat, 8 bytes each"},
    {"digest", hash_of, METH_VARARGS, "digest(hash, bytes) -> hash"},
    {"finish", finish, METH_VARARGS, "finish(hash) -> signed hash"},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_sieve", NULL, 0, METHODS, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__sieve(void);
PyMODINIT_FUNC PyInit__sieve(void) {
    PyObject *module = PyModule_Create(&MODULE);
    if (module && (PyModule_AddIntConstant(module, "COLUMNS", COLUMNS) ||
                   PyModule_AddIntConstant(module, "LEFT", LEFT) ||
                   PyModule_AddIntConstant(module, "ANSWERS", ANSWERS) ||
                   PyModule_AddIntConstant(module, "SYSTEMS", SYSTEMS) ||
                   PyModule_AddIntConstant(module, "TOOLS", TOOLS) ||
                   PyModule_AddIntConstant(module, "CALL_COLUMNS", CALL_COLUMNS)))
        Py_CLEAR(module);
    return module;
}
