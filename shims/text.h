/* Text as pointer and length, buffers that never overflow, and the escapes that docs/selection.md asks for. */

typedef struct {
	const char *at;
	size_t len;
} text;

#define T(literal) ((text){(literal), sizeof(literal) - 1})
/* The same where C wants a constant initializer. */
#define CONSTANT(literal) {(literal), sizeof(literal) - 1}

/* Always ends in a NUL. What doesn't fit is dropped, and `cut` stays true from then on. */
typedef struct {
	char *at;
	size_t size, len;
	bool cut;
} buffer;

#define BUFFER(bytes) ((buffer){(bytes), sizeof(bytes), 0, false})

static text text_of(const char *string) {
	return string ? (text){string, strlen(string)} : T("");
}

static text whole(const buffer *from) {
	return (text){from->at, from->len};
}

static bool same(text left, text right) {
	return left.len == right.len && memcmp(left.at, right.at, left.len) == 0;
}

static text skip(text from, size_t count) {
	return (text){from.at + count, from.len - count};
}

static text first(text from, size_t count) {
	return (text){from.at, count < from.len ? count : from.len};
}

static bool starts(text long_one, text front) {
	return long_one.len >= front.len && memcmp(long_one.at, front.at, front.len) == 0;
}

static bool ends(text long_one, text back) {
	return long_one.len >= back.len && memcmp(long_one.at + long_one.len - back.len, back.at, back.len) == 0;
}

/* Index of the first `wanted`, or the length. */
static size_t find(text in, char wanted) {
	const char *found = in.len ? memchr(in.at, wanted, in.len) : NULL;
	return found ? (size_t)(found - in.at) : in.len;
}

static bool holds(text in, char wanted) {
	return find(in, wanted) < in.len;
}

static bool contains(text in, text part) {
	for (;;) {
		size_t at = find(in, part.at[0]);
		if (in.len - at < part.len) return false;
		in = skip(in, at);
		if (starts(in, part)) return true;
		in = skip(in, 1);
	}
}

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

static bool is_lower(char c) {
	return c >= 'a' && c <= 'z';
}

static bool is_letter(char c) {
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Removes blanks at both ends. */
static text trim(text from) {
	while (from.len && is_blank(from.at[0])) from = skip(from, 1);
	while (from.len && is_blank(from.at[from.len - 1])) from.len--;
	return from;
}

/* Removes blanks and newlines at both ends. */
static text trim_lines(text from) {
	for (size_t before = from.len + 1; from.len && from.len < before;) {
		before = from.len;
		from = trim(from);
		if (from.len && from.at[0] == '\n') from = skip(from, 1);
		if (from.len && from.at[from.len - 1] == '\n') from.len--;
	}
	return from;
}

/* Removes the text before the next `end` from `rest`, and that `end`; returns the text. */
static text take_until(text *rest, char end) {
	size_t at = find(*rest, end);
	text taken = first(*rest, at);
	*rest = skip(*rest, at < rest->len ? at + 1 : at);
	return taken;
}

/* Removes the next word from `rest` and returns it; empty at the end. */
static text take_word(text *rest) {
	*rest = trim(*rest);
	size_t length = 0;
	while (length < rest->len && !is_blank(rest->at[length])) length++;
	text word = first(*rest, length);
	*rest = skip(*rest, length);
	return word;
}

static void put(buffer *to, text what) {
	if (to->cut || what.len >= to->size - to->len) {
		to->cut = true;
		return;
	}
	memcpy(to->at + to->len, what.at, what.len);
	to->len += what.len;
	to->at[to->len] = 0;
}

static void put_all(buffer *to, const text *parts, size_t count) {
	for (size_t i = 0; i < count; i++) put(to, parts[i]);
}

#define PUT(to, ...) put_all((to), (const text[]){__VA_ARGS__}, sizeof((const text[]){__VA_ARGS__}) / sizeof(text))

static void clear(buffer *what) {
	what->len = 0;
	what->cut = false;
	what->at[0] = 0;
}

static void put_number(buffer *to, size_t number) {
	char digits[24];
	size_t at = sizeof digits;
	do digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put(to, (text){digits + at, sizeof digits - at});
}

static void put_escape(buffer *to, unsigned unit) {
	static const char hex[] = "0123456789abcdef";
	char escape[6] = {'\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};
	put(to, (text){escape, sizeof escape});
}

#define NOT_UTF8 0xfffdu

/*
 * The next code point and its length in bytes. The longest well-formed start of a malformed sequence counts as
 * one U+FFFD, as in TextDecoder and Node (Unicode 15, §3.9, U+FFFD substitution).
 */
static unsigned decode(text from, size_t *length) {
	unsigned char lead = (unsigned char)from.at[0];
	*length = 1;
	if (lead < 0x80) return lead;
	size_t more = lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
	if (!more) return NOT_UTF8;
	unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	unsigned point = lead & (0x3fu >> more);
	for (size_t i = 1; i <= more; i++, low = 0x80, high = 0xbf) {
		if (i >= from.len) return NOT_UTF8;
		unsigned char next = (unsigned char)from.at[i];
		if (next < low || next > high) return NOT_UTF8;
		point = point << 6 | (next & 0x3fu);
		*length = i + 1;
	}
	return point;
}

/* The characters that `quote()` in src/errors.ts escapes and JSON doesn't. */
static bool is_treacherous(unsigned point) {
	return (point >= 0x7f && point <= 0x9f) || (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

static void put_json_point(buffer *to, unsigned point, text bytes) {
	static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
	const char *known = point && point < 0x80 ? strchr(plain, (int)point) : NULL;
	if (known) PUT(to, T("\\"), ((text){letter + (known - plain), 1}));
	else if (point < 0x20) put_escape(to, point);
	else if (point == NOT_UTF8) put(to, T("\xef\xbf\xbd"));
	else put(to, bytes);
}

/* Appends a JSON string with its quotation marks, as JSON.stringify does. */
static void put_json(buffer *to, text what) {
	put(to, T("\""));
	while (what.len) {
		size_t length;
		unsigned point = decode(what, &length);
		put_json_point(to, point, first(what, length));
		what = skip(what, length);
	}
	put(to, T("\""));
}

/* `quote()` of src/errors.ts: at most 60 UTF-16 units, then an ellipsis; half a pair shows as its escape. */
static void put_quoted(buffer *to, text what) {
	size_t room = 60;
	put(to, T("\""));
	while (what.len) {
		size_t length;
		unsigned point = decode(what, &length);
		if (!room || (room == 1 && point > 0xffff)) {
			if (room) put_escape(to, 0xd800u + ((point - 0x10000u) >> 10));
			put(to, T("\xe2\x80\xa6"));
			break;
		}
		if (is_treacherous(point)) put_escape(to, point);
		else put_json_point(to, point, first(what, length));
		room -= point > 0xffff ? 2 : 1;
		what = skip(what, length);
	}
	put(to, T("\""));
}

/* Appends text for a terminal: control characters, which the name of a directory may hold, are escaped. */
static void put_visible(buffer *to, text what) {
	for (; what.len; what = skip(what, 1)) {
		unsigned char byte = (unsigned char)what.at[0];
		if (byte == 0x7f) put_escape(to, byte);
		else if (byte < 0x20) put_json_point(to, byte, first(what, 1));
		else put(to, first(what, 1));
	}
}
